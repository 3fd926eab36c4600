"""`list`: what can be chosen, group by group."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.command.request import read
from sim.config.errors import ConfigError, message, suggestion
from sim.config.files import choices
from sim.config.keys import CHOICE_GROUPS

GROUPS = (*CHOICE_GROUPS, "experiment")


def run(arguments: Sequence[str]) -> None:
    """Print the choices of one group, or of all groups."""
    request = read("list", arguments)
    if len(request.overrides) > 1:
        raise ConfigError(message(" ".join(["list", *arguments]), "one group at most"))
    for group in request.overrides:
        if group not in GROUPS:
            raise ConfigError(
                message(f"list {group}", f"no group called '{group}'", suggestion(group, GROUPS))
            )
    for group in request.overrides or GROUPS:
        found = choices(group, request.config_dirs)
        if not request.overrides:
            print(f"{group}:")
        width = max((len(name) for name in found), default=0)
        indent = "" if request.overrides else "  "
        for name, path in found.items():
            print(f"{indent}{name:{width}}  {summary(path)}".rstrip())


def summary(path: Path) -> str:
    """Read what a file of conf/ says about itself: its title, or its first comment."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("title:"):
            return line.partition(":")[2].strip().strip("'\"")
        if line.startswith("# ") and "experiment" not in path.parts:
            return line[2:].strip()
    return ""
