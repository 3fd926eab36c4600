"""What can be set about a curve: read off the schema and the files of conf/, nothing listed here.

A kernel's settings are shown where the workload depends on them. What a control is (a switch, a
choice, a number with its bounds) follows from the type of its setting.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.runs import Curve, key_of, setting, text_of
from sim.command.list import said
from sim.config.compose import compose
from sim.config.files import CHOICE_GROUPS, choices
from sim.config.keys import Key, alternatives, keys, shape_of
from sim.config.run import RunConfig
from sim.experiment.assumptions import relevant_keys

Kind = Literal["switch", "choice", "number", "text"]
FIXES, LOCKS, OBJECTS = "kernel.fix", "kernel.locks", "kernel.objects"
COSTS = "hardware.coherence"
HOP = f"{COSTS}.hop_cycles"
CHOSEN = tuple(group for group in CHOICE_GROUPS if "/" not in group and group != "run")


@dataclass(frozen=True)
class Option:
    """One value that a control may have, and what it means."""

    value: str
    meaning: str = ""


@dataclass(frozen=True)
class Control:
    """One setting as the page shows it.

    Attributes:
        low, high: bounds of a number, as text; empty: none.
        plain: its value without the curve's overrides.
    """

    key: str
    kind: Kind
    value: str
    plain: str
    unit: str = ""
    meaning: str = ""
    options: tuple[Option, ...] = ()
    low: str = ""
    high: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether the curve's words set it to something else."""
        return self.value != self.plain


@dataclass(frozen=True)
class Section:
    """Controls under one heading."""

    name: str
    title: str
    controls: tuple[Control, ...]

    @property
    def changed(self) -> int:
        """Number of settings that are not as they are by themselves."""
        return sum(control.is_changed for control in self.controls)


def sections(curve: Curve, folders: Sequence[Path]) -> list[Section]:
    """List all that can be set about a curve, under headings; empty ones are left out."""
    config = curve.config
    plain = _plain(curve, folders)
    known = keys(shape_of(config))
    matters = relevant_keys(config)

    def below(prefix: str, kinds: Sequence[Kind] = ()) -> list[Control]:
        found = (_control(key, config, plain) for key in known.values() if _in(key, prefix))
        shown = (one for one in found if one is not None and (not kinds or one.kind in kinds))
        return [one for one in shown if not one.key.startswith("kernel.") or one.key in matters]

    fixes = [one for one in _fixes(known, config, plain) if _line_matters(one.key, matters)]
    parts = [
        ("fixes", "Fixes of the kernel", fixes),
        ("locks", "Locks", below(LOCKS)),
        ("objects", "How kernel objects are shared", below(OBJECTS, ("choice", "switch"))),
        ("costs", "Costs of cache lines", [one for one in below(COSTS) if one.key != HOP]),
        ("workload", "Workload", below("workload")),
        ("numbers", "Numbers of kernel objects", below(OBJECTS, ("number",))),
        ("machine", "The rest of the machine", _rest(below("hardware"))),
    ]
    return [Section(name, title, tuple(own)) for name, title, own in parts if own]


def choosers(curve: Curve, folders: Sequence[Path]) -> list[Control]:
    """What is run: workload, kernel and machine, at which cores, and what a hop costs."""
    config = curve.config
    found = []
    for group in sorted(CHOSEN, key=["workload", "kernel", "hardware"].index):
        name = getattr(config, group).name
        options = tuple(Option(one, said(path)) for one, path in choices(group, folders).items())
        found.append(Control(group, "choice", name, name, options=options))
    cores = ",".join(map(str, curve.cores))
    known = keys(shape_of(config))
    found.append(Control("cores", "text", cores, cores, meaning=known["cores"].meaning))
    order = text_of(config.order)
    options = (Option("", f"the workload's own ({config.core_order})"),)
    options += tuple(Option(one) for one in known["order"].choices if one != "null")
    found.append(
        Control("order", "choice", order, "", meaning=known["order"].meaning, options=options)
    )
    hop = _control(known[HOP], config, _plain(curve, folders)) if HOP in known else None
    return [*found, hop] if hop is not None else found


def _plain(curve: Curve, folders: Sequence[Path]) -> RunConfig:
    """The run that a curve's choices of files make by themselves."""
    return compose([word for word in curve.words if key_of(word) in CHOICE_GROUPS], folders)


def _in(key: Key, prefix: str) -> bool:
    """Whether a key is a setting below another one, and not fixed by the choice of a file."""
    fixed = {f"{part.key}.{part.discriminator}" for part in alternatives().values()}
    inside = key.is_leaf and key.name.startswith(f"{prefix}.")
    return inside and key.name not in fixed and key.name != f"{prefix}.name"


def _fixes(known: dict[str, Key], config: RunConfig, plain: RunConfig) -> Iterator[Control]:
    for key in known.values():
        if _in(key, FIXES):
            found = _control(key, config, plain)
            if found is not None:
                yield found


def _line_matters(key: str, matters: frozenset[str]) -> bool:
    """Whether a run depends on what a fix stands for."""
    from sim.config.presets import lines

    return any(line in matters for line in lines(key))


def _rest(controls: Sequence[Control]) -> list[Control]:
    return [one for one in controls if not one.key.startswith(f"{COSTS}.")]


def _control(key: Key, config: RunConfig, plain: RunConfig) -> Control | None:
    """Make the control of a setting; None for one that a run has not, or that is no scalar."""
    value = setting(config, key.name)
    if value is None or isinstance(value, list | tuple | dict):
        return None
    parent = setting(plain, key.name.rpartition(".")[0])
    before = text_of(setting(plain, key.name)) if parent is not None else text_of(value)
    text = text_of(value)
    if isinstance(value, bool):
        return Control(key.name, "switch", text, before, meaning=key.meaning)
    if key.choices:
        options = tuple(Option(one) for one in key.choices if one not in ("null", "None"))
        kind: Kind = "choice"
        return Control(key.name, kind, text, before, key.unit, key.meaning, options)
    if isinstance(value, int | float):
        low, high = (f"{end:g}" if math.isfinite(end) else "" for end in key.bounds)
        return Control(key.name, "number", text, before, key.unit, key.meaning, (), low, high)
    return Control(key.name, "text", text, before, key.unit, key.meaning)
