"""`list`: what can be chosen, group by group, and what is assumed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sim.command.request import Request
from sim.config.errors import ConfigError, message, suggestion
from sim.config.files import CHOICE_GROUPS, choices, unreadable

KINDS = ("metric", "view")
GROUPS = (*CHOICE_GROUPS, "experiment", "paper", *KINDS)
SERIES = "series"
CALL = "call"
ASSUMED = "assumed"
SENTENCE_END = re.compile(r"[.](?=\s|$)")


def run(request: Request) -> None:
    """Print the choices of one group, or of all groups; or what a run assumes."""
    if ASSUMED in request.overrides:
        overrides = [item for item in request.overrides if item != ASSUMED]
        for line in assumed(overrides, request.config_dirs):
            print(line)
        return
    if len(request.overrides) > 1:
        raise ConfigError(message(" ".join(["list", *request.overrides]), "one group at most"))
    for group in request.overrides:
        if group not in (*GROUPS, SERIES, CALL):
            raise ConfigError(
                message(
                    f"list {group}",
                    f"no group called '{group}'",
                    suggestion(group, (*GROUPS, SERIES, CALL, ASSUMED)),
                )
            )
    for group in request.overrides or GROUPS:
        lines = of_group(group, request.config_dirs)
        if not request.overrides:
            print(f"{group}:")
        indent = "" if request.overrides else "  "
        for line in lines:
            print(f"{indent}{line}")


def of_group(group: str, config_dirs: Sequence[Path]) -> list[str]:
    """List the choices of a group, or the kinds of metrics or views, each with what it is."""
    if group in KINDS:
        from sim.command import kinds

        return kinds.lines(group)
    if group == SERIES:
        return published(config_dirs)
    if group == CALL:
        return calls()
    found = choices(group, config_dirs)
    width = max((len(name) for name in found), default=0)
    return [f"{name:{width}}  {said(path)}".rstrip() for name, path in found.items()]


def published(config_dirs: Sequence[Path]) -> list[str]:
    """List the published series, each with what it is called there."""
    from sim.experiment import series

    found = series.names(config_dirs)
    width = max(map(len, found), default=0)
    return [f"{name:{width}}  {label}" for name, label in found.items()]


def calls() -> list[str]:
    """List the system calls that a workload's list may name, each with what it does."""
    from sim import extensions
    from sim.workload.calls import CALLS, meaning

    extensions.load()

    width = max(map(len, CALLS))
    return [f"{name:{width}}  {meaning(name)}" for name in CALLS]


def assumed(overrides: Sequence[str], config_dirs: Sequence[Path] = ()) -> list[str]:
    """List what is assumed in the groups that are chosen: each reason, and below it overrides.

    If a workload is chosen, only what it depends on.
    """
    from sim.config.compose import compose
    from sim.config.keys import GROUPS as KEY_GROUPS
    from sim.experiment.assumptions import assumptions, relevant_keys

    config = compose(overrides, config_dirs)
    chosen = [item.partition("=")[0] for item in overrides]
    groups = [group for group in KEY_GROUPS if group in chosen] or list(KEY_GROUPS)
    found = [item for group in groups for item in assumptions(config, group)]
    if "workload" in chosen:
        matters = relevant_keys(config)
        found = [item for item in found if item.key in matters]
    lines: dict[str, list[str]] = {}
    for item in found:
        lines.setdefault(item.where, []).append(f"  {item.key}={written(item.value)}")
    return [line for where, settings in lines.items() for line in (f"# {where}", *settings)]


def written(value: Any) -> str:
    """Write a value as an override has it."""
    return value if isinstance(value, str) else json.dumps(value)


def said(path: Path) -> str:
    """What a file says about itself, or why it cannot be read: the others' answers matter, too."""
    try:
        return summary(path)
    except ConfigError as error:
        return f"({error})"


def summary(path: Path) -> str:
    """Read what a file of conf/ says about itself: its title, or its first comment's beginning.

    That is the first line, and of a sentence that goes on the rest.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise unreadable(path, error) from None
    for number, line in enumerate(lines):
        if line.startswith("title:"):
            return line.partition(":")[2].strip().strip("'\"")
        if line.startswith("# ") and "experiment" not in path.parts:
            text = " ".join(_paragraph(lines[number:]))
            first = line[2:].strip()
            end = SENTENCE_END.search(text, max(0, len(first) - 1))
            return first if end is None else text[: end.start() + 1]
    return ""


def _paragraph(lines: Sequence[str]) -> Iterator[str]:
    """Yield the text of a comment's lines, up to one that begins with a capital letter."""
    for number, line in enumerate(lines):
        if not line.startswith("# ") or (number and line[2].isupper()):
            return
        yield line[2:].strip()
