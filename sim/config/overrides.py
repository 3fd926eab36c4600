"""Overrides: what stands on a command line or in a curve, parsed by Hydra's own parser.

An override chooses a file of a group (`kernel=linux_stock`) or sets a key (`run.seed=7`); in a
sweep it may hold several values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sim.config.errors import ConfigError, message, show, suggestion
from sim.config.files import CHOICE_GROUPS
from sim.config.keys import all_keys, alternatives

if TYPE_CHECKING:  # it takes a fifth of a second to import
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import Override

MOST_CORES = 4096
"""Core counts of one curve: those of the largest machine."""
MOST_NESTED = 64
"""Brackets inside each other; no setting has more than two."""


@dataclass(frozen=True)
class Assignment:
    """One override: a choice of group, or a value for a key.

    `origin` begins every error about it: the override as typed, or the file that contains it.
    """

    text: str
    origin: str
    key: str
    value: Any

    @property
    def is_choice(self) -> bool:
        """Whether it chooses a file of a group rather than setting a value."""
        return self.key in CHOICE_GROUPS


def key_of(text: str) -> str:
    """Key of an override as typed."""
    return text.lstrip("+").partition("=")[0]


@cache
def _parser() -> OverridesParser:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    return OverridesParser.create()


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Override:
    """Let Hydra parse an override. A plan asks for the same few hundred thousands of times."""
    return _parser().parse_override(text)


def parse(text: str, origin: str | None = None) -> Assignment:
    """Parse one override; several values at once are refused (except for cores)."""
    origin = origin or text
    override = _parse(text, origin)
    if override.is_sweep_override():
        count = _count(override, text, origin)
        if override.key_or_group != "cores":
            raise ConfigError(
                message(
                    origin,
                    f"{count:,} values where one is allowed",
                    f"a curve for each: python -m sim run -m '{text}'",
                )
            )
        if count > MOST_CORES:
            raise ConfigError(
                message(origin, f"{count:,} core counts", f"allowed: at most {MOST_CORES:,}")
            )
        values = _swept(override, text, origin)
        value: Any = [_parse(f"cores={item}", origin).value() for item in values]
    else:
        value = override.value()
        if override.key_or_group == "cores" and isinstance(value, int):
            value = [value]
    return _checked(Assignment(text, origin, override.key_or_group, value))


def expand(texts: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    """Combine the sweeps in `texts`: (overrides, the swept ones among them) of each curve."""
    found: list[tuple[list[str], list[str]]] = [([], [])]
    for text in texts:
        if not _is_swept(text):
            found = [([*done, text], swept) for done, swept in found]
            continue
        items = list(_items(text))
        found = [([*done, item], [*swept, item]) for done, swept in found for item in items]
    return found


def combinations(texts: Sequence[str]) -> int:
    """Count the curves that `expand` would make of the sweeps in `texts`."""
    return math.prod(_count(_parse(text, text), text, text) for text in texts if _is_swept(text))


def first_combination(texts: Sequence[str]) -> list[str]:
    """Take the first value of each sweep in `texts`: what `expand` would begin with."""
    return [next(_items(text)) if _is_swept(text) else text for text in texts]


def _is_swept(text: str) -> bool:
    """Whether an override has several values, each of which makes a curve."""
    override = _parse(text, text)
    return override.is_sweep_override() and override.key_or_group != "cores"


def _items(text: str) -> Iterator[str]:
    """Write an override for each value of a sweep."""
    override = _parse(text, text)
    return (f"{override.key_or_group}={value}" for value in _swept(override, text, text))


def _depth(text: str) -> int:
    """Count how deep the brackets of an override stand inside each other."""
    deepest = depth = 0
    for character in text:
        depth += (character in "[{(") - (character in "]})")
        deepest = max(deepest, depth)
    return deepest


def _parse(text: str, origin: str) -> Override:
    if "=" not in text:
        raise ConfigError(message(origin, "not an override", "allowed: key=value, or group=choice"))
    if _depth(text) > MOST_NESTED:
        raise ConfigError(
            message(
                show(origin).strip("'"),
                "lists and mappings inside each other",
                f"allowed: {MOST_NESTED} deep, not {_depth(text):,}",
            )
        )
    key = text.split("=", 1)[0]
    if key.startswith(("+", "~")):
        bare = key.lstrip("+~")
        raise ConfigError(
            message(
                origin,
                "keys can be neither added nor deleted; every key has a value to override",
                f"write {bare}=VALUE",
                f"see: python -m sim describe {bare}" if bare in all_keys() else "",
            )
        )
    from hydra.core.override_parser.types import OverrideType
    from hydra.errors import HydraException

    try:
        override = _parsed(text)
    except HydraException as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(
            message(
                origin,
                f"malformed override ({reason})",
                "lists are written key=[1,8,48], text with spaces or commas key='\"a, b\"'",
            )
        ) from None
    if override.package is not None or override.type is not OverrideType.CHANGE:
        raise ConfigError(message(origin, "not an override", "allowed: key=value, or group=choice"))
    return override


def _count(override: Override, text: str, origin: str) -> int:
    """Count the values of a sweep, without listing them.

    Raises:
        ConfigError: for a sweep of another kind, or one of no values.
    """
    from hydra.core.override_parser.types import ChoiceSweep, RangeSweep

    _check_kind(override, origin)
    swept = override.value()
    if isinstance(swept, ChoiceSweep):
        count = len(swept.list)
    else:
        assert isinstance(swept, RangeSweep)
        first, last, step = (float(end or 0) for end in (swept.start, swept.stop, swept.step))
        count = max(math.ceil((last - first) / step), 0) if step else 0
    if count == 0:
        raise ConfigError(message(origin, f"{text.split('=', 1)[1]} has no values"))
    return count


def _swept(override: Override, text: str, origin: str) -> list[str]:
    """List the values of a sweep, as text."""
    _count(override, text, origin)
    return [str(value) for value in override.sweep_string_iterator()]


def _check_kind(override: Override, origin: str) -> None:
    """Refuse a sweep of another kind than choices and ranges."""
    from hydra.core.override_parser.types import Glob

    if isinstance(override.value(), Glob) or not (
        override.is_choice_sweep() or override.is_range_sweep()
    ):
        raise ConfigError(
            message(origin, "this kind of sweep is not allowed", "allowed: a,b,c or range(1,49,4)")
        )


def _checked(assignment: Assignment) -> Assignment:
    """Return the assignment once its key cannot be mistaken for something else."""
    key, value = assignment.key, assignment.value
    parts = key.split(".")
    if "sources" in parts:
        raise ConfigError(
            message(assignment.origin, "sources belong to the files and cannot be overridden")
        )
    fixed = {f"{part.key}.{part.discriminator}" for part in alternatives().values()}
    if key in fixed or (parts[-1] == "name" and len(parts) == 2):
        raise ConfigError(
            message(
                assignment.origin,
                f"{key} is fixed by the choice of {parts[0]}",
                f"see: python -m sim list {parts[0]}",
            )
        )
    if "/" in key and not assignment.is_choice:
        raise ConfigError(
            message(assignment.origin, f"unknown group {key}", suggestion(key, CHOICE_GROUPS))
        )
    if assignment.is_choice and not isinstance(value, str):
        return replace(assignment, value=show(value).strip("'"))
    return assignment
