"""`list`: what can be chosen, group by group, and which numbers are assumed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.command.request import read
from sim.config.assumptions import assumptions, relevant_keys
from sim.config.compose import compose
from sim.config.errors import ConfigError, message, suggestion
from sim.config.files import choices
from sim.config.keys import CHOICE_GROUPS
from sim.config.keys import GROUPS as KEY_GROUPS

GROUPS = (*CHOICE_GROUPS, "experiment")
ASSUMED = "assumed"


def run(arguments: Sequence[str]) -> None:
    """Print the choices of one group, or of all groups; or the assumed numbers of a run."""
    request = read("list", arguments)
    if ASSUMED in request.overrides:
        overrides = [item for item in request.overrides if item != ASSUMED]
        for line in assumed(overrides, request.config_dirs):
            print(line)
        return
    if len(request.overrides) > 1:
        raise ConfigError(message(" ".join(["list", *arguments]), "one group at most"))
    for group in request.overrides:
        if group not in GROUPS:
            raise ConfigError(
                message(
                    f"list {group}",
                    f"no group called '{group}'",
                    suggestion(group, (*GROUPS, ASSUMED)),
                )
            )
    for group in request.overrides or GROUPS:
        found = choices(group, request.config_dirs)
        if not request.overrides:
            print(f"{group}:")
        width = max((len(name) for name in found), default=0)
        indent = "" if request.overrides else "  "
        for name, path in found.items():
            print(f"{indent}{name:{width}}  {summary(path)}".rstrip())


def assumed(overrides: Sequence[str], config_dirs: Sequence[Path] = ()) -> list[str]:
    """List the assumed numbers of the groups that are chosen, as overrides with their reasons.

    If a workload is chosen, only those that it depends on.
    """
    config = compose(overrides, config_dirs)
    chosen = [item.partition("=")[0] for item in overrides]
    groups = [group for group in KEY_GROUPS if group in chosen] or list(KEY_GROUPS)
    found = [item for group in groups for item in assumptions(config, group)]
    if "workload" in chosen:
        matters = relevant_keys(config)
        found = [item for item in found if item.key in matters]
    return [f"{item.key}={item.value}  # {item.where}" for item in found]


def summary(path: Path) -> str:
    """Read what a file of conf/ says about itself: its title, or its first comment."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("title:"):
            return line.partition(":")[2].strip().strip("'\"")
        if line.startswith("# ") and "experiment" not in path.parts:
            return line[2:].strip()
    return ""
