"""From a curve's words to the runs behind it, and from a control's value to words.

Everything is composed as the command line composes it, so that every mistake has the same message.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.command import limits
from sim.config.compose import compose
from sim.config.errors import ConfigError, show
from sim.config.files import CHOICE_GROUPS
from sim.config.overrides import parse
from sim.config.run import RunConfig
from sim.experiment.assumptions import without_sources

EXPERIMENT_FOLDER = "lab"
"""Where experiments are saved that name no folder."""

POINTS = 9
"""Core counts of a curve whose words name none: one, and equal steps up to all."""


@dataclass(frozen=True)
class Curve:
    """One curve: its words, and the run that they make at each level.

    Attributes:
        words: overrides without the run level; with the core counts, if they name some.
        cores: core counts, ascending.
        configs: the run at each level, by the level's name.
    """

    words: tuple[str, ...]
    cores: tuple[int, ...]
    configs: dict[str, RunConfig]

    @property
    def config(self) -> RunConfig:
        """The run at the first level; the levels differ in how long they simulate alone."""
        return next(iter(self.configs.values()))

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words with core counts, which the command line would choose otherwise."""
        if names_cores(self.words):
            return self.words
        return (*self.words, f"cores={list(self.cores)}".replace(" ", ""))


def names_cores(words: Sequence[str]) -> bool:
    """Whether a line says at which core counts to run."""
    return any(key_of(word) == "cores" for word in words)


def key_of(word: str) -> str:
    """What a word sets or chooses."""
    return word.partition("=")[0]


def curve_of(words: Sequence[str], levels: Sequence[str], folders: Sequence[Path]) -> Curve:
    """Compose a curve at each of some levels, and check that it takes no more than is allowed.

    Raises:
        ConfigError: as `corescale run` has it.
    """
    configs = {}
    for level in levels:
        config = compose([*words, f"run={level}"], folders)
        if not names_cores(words):
            counts = spread(config)
            config = compose([*words, f"run={level}", f"cores={counts}"], folders)
        configs[level] = config
    found = Curve(tuple(words), tuple(config.core_counts), configs)
    limits.check(" ".join(words) or "the plain run", [list(configs.values())], together=True)
    return found


def spread(config: RunConfig) -> list[int]:
    """Core counts that show a curve: the fewest of its workload, and equal steps up to all."""
    most, least = config.hardware.cores, config.workload.fewest_cores
    steps = (round(most * step / (POINTS - 1)) for step in range(1, POINTS))
    return sorted({least, most, *(count for count in steps if count > least)})


def digest(config: RunConfig) -> str:
    """Hash what a run simulates, whatever its core counts: sha256 of its resolved settings."""
    settings = without_sources(config)
    del settings["cores"]
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def written(config: RunConfig) -> str:
    """All that a run simulates as JSON, for a process that need not compose it again."""
    limits = config.limits.model_dump(mode="json", exclude={"sources"})
    return json.dumps(without_sources(config) | {"limits": limits}, separators=(",", ":"))


def with_level(text: str, of: RunConfig) -> str:
    """The same run as long and as often as another one."""
    level = of.run.model_dump(mode="json", exclude={"sources"})
    return json.dumps(json.loads(text) | {"run": level}, separators=(",", ":"))


def read(text: str, cores: int) -> RunConfig:
    """Read what `written` wrote, at one core count."""
    found = RunConfig.model_validate_json(text, strict=True)
    return found.model_copy(update={"cores": [cores]})


def setting(config: RunConfig, key: str) -> Any:
    """Value of a dotted key; None if it is not there."""
    value: Any = config
    for part in key.split("."):
        value = getattr(value, part, None)
    return value


def text_of(value: Any) -> str:
    """A value as a word of the command line has it."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "[" + ",".join(text_of(item) for item in value) + "]"
    return value if isinstance(value, str) else show(value)


def with_value(
    words: Sequence[str], key: str, value: str, folders: Sequence[Path]
) -> tuple[str, ...]:
    """Set one key; where it has the value by itself, no word is left that says so.

    Raises:
        ConfigError: if the value cannot be used.
    """
    others = tuple(word for word in words if key_of(word) != key)
    if key in CHOICE_GROUPS:
        return (f"{key}={value}", *others)
    if key == "cores":
        return (*others, f"{key}={value}") if value.strip() else others
    if text_of(setting(compose(others, folders), key)) == value:
        return others
    return (*others, f"{key}={value or 'null'}")


def without_misfits(
    words: Sequence[str], folders: Sequence[Path]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Leave out what does not fit the choices of a line: what stays, and what does not.

    Whoever chooses another kernel does not want to hear that it lacks what the last one had.
    """
    kept, left = list(words), []
    while True:
        try:
            compose(kept, folders)
        except ConfigError as error:
            origin = str(error).partition(": ")[0]
            blamed = [word for word in kept if word == origin and not parse(word).is_choice]
            if not blamed:
                raise
            kept.remove(blamed[-1])
            left.append(blamed[-1])
        else:
            return tuple(kept), tuple(left)


def split_level(words: Sequence[str], level: str) -> tuple[tuple[str, ...], str]:
    """Take the run level out of a line: the other words, and the level that it names last."""
    others = tuple(word for word in words if key_of(word) != "run")
    named = [word.partition("=")[2] for word in words if key_of(word) == "run"]
    return others, named[-1] if named else level


def labels(curves: Sequence[Curve]) -> list[str]:
    """Name curves by what tells them apart; two that are the same get numbers."""
    groups = ("workload", "kernel", "hardware")
    names = [[getattr(curve.config, group).name for group in groups] for curve in curves]
    told = [i for i, _ in enumerate(groups) if i == 1 or len({name[i] for name in names}) > 1]
    found: list[str] = []
    for curve, name in zip(curves, names, strict=True):
        own = [word for word in curve.words if key_of(word) not in (*groups, "cores")]
        own = [word for word in own if len(curves) == 1 or not all(word in c.words for c in curves)]
        short = [f"{key_of(word).rpartition('.')[2]}={word.partition('=')[2]}" for word in own]
        found.append(", ".join([" · ".join(name[i] for i in told), *short]))
    repeated = {name for name in found if found.count(name) > 1}
    return [f"{name} ({i + 1})" if name in repeated else name for i, name in enumerate(found)]


def in_common(curves: Sequence[Curve]) -> str:
    """What all curves are of, which their names leave out."""
    found: list[str] = []
    for group in ("workload", "kernel", "hardware"):
        names = {getattr(curve.config, group).name for curve in curves}
        found += names if len(names) == 1 else ()
    first, *others = curves
    words = [word for word in first.words if key_of(word) not in CHOICE_GROUPS]
    shared = [word for word in words if all(word in curve.words for curve in others)]
    return " · ".join([*found, *shared])
