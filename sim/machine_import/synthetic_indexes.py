"""`indexes=` of a synthetic description: the operating system's numbers of objects of one type.

Three forms, as hwloc has them: all numbers (`0,4,1,5`); loops (`2*4:1*2`: four objects, each second
one, have the first numbers, and so again for the ones between them); or types (`core:pack`), the
loops over which come in this order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sim.config.errors import ConfigError, message, show
from sim.machine_import.stated import MOST_CPUS
from sim.machine_import.text import plain


@dataclass
class Level:
    """One word of a description: a kind of object, how many in each above, attributes."""

    kind: str
    count: int
    attributes: str = ""


Loop = tuple[int, int]
"""Step and number: objects that are so many apart, so many of them."""


def indexes(
    text: str, levels: list[Level], kind_of: Callable[[str, str], str], origin: str
) -> list[int]:
    """List the numbers of all objects of the last level, in their order.

    Raises:
        ConfigError: if they are no numbering of so many objects.
    """
    total = 1
    for level in levels:
        total *= level.count
    if re.fullmatch(r"[0-9]{1,9}(,[0-9]{1,9})*", text):
        numbers = [int(word) for word in text.split(",")]
    else:
        numbers = _of_loops(_loops(text, levels, total, kind_of, origin), total)
    large = max(numbers) >= 4 * MOST_CPUS
    if len(numbers) != total or len(set(numbers)) < total or large:
        raise ConfigError(
            message(
                origin,
                f"indexes={show(plain(text[:60]))} does not number {total} objects",
                "as many different numbers, or loops such as 2*4:1*2",
            )
        )
    return numbers


def _loops(
    text: str,
    levels: list[Level],
    total: int,
    kind_of: Callable[[str, str], str],
    origin: str,
) -> list[Loop]:
    """Read loops, or the types that they are over."""
    words = text.split(":")
    if all(re.fullmatch(r"[0-9]{1,6}\*[0-9]{1,6}", word) for word in words):
        loops = [(int(step), int(times)) for step, _, times in (w.partition("*") for w in words)]
    else:
        loops = _loops_over(words, levels, total, kind_of, origin)
    covered = 1
    for _, times in loops:
        covered *= times
    smallest = min(step for step, _ in loops)
    if covered != total and covered * smallest == total:
        loops.append((1, smallest))
    if any(step == 0 or times == 0 for step, times in loops):
        raise ConfigError(message(origin, f"indexes={show(plain(text[:60]))} has a loop of none"))
    return loops


def _loops_over(
    words: list[str],
    levels: list[Level],
    total: int,
    kind_of: Callable[[str, str], str],
    origin: str,
) -> list[Loop]:
    """Turn types into loops: over the objects of each within those of the next type above."""
    width, widths = 1, []
    for level in levels:
        width *= level.count
        widths.append(width)
    depths = []
    for word in words:
        kind = kind_of(word, origin)
        found = [depth for depth, level in enumerate(levels) if level.kind == kind]
        if not found:
            raise ConfigError(
                message(origin, f"indexes= names {show(plain(word))}, which stands nowhere before")
            )
        depths.append(found[-1])
    loops = []
    for depth in depths:
        above = max((d for d in depths if d < depth), default=-1)
        outer = 1 if above < 0 else widths[above]
        loops.append((total // widths[depth], widths[depth] // outer))
    return loops


def _of_loops(loops: list[Loop], total: int) -> list[int]:
    """Number objects by loops, the first loop fastest."""
    numbers = [0] * total
    factor = 1
    for step, times in loops:
        for place in range(total):
            numbers[place] += place // step % times * factor
        factor *= times
    return numbers
