"""Resonance: a point that draws nothing may be one steady order of its cores among several.

Cores that work and think for fixed times fall into step: they meet at the lock in the same order
and at the same distance, for ever. Whether the one that has just released it, or the first waiter,
gets it next then hangs on a few cycles, and every replication finds the same answer. So their
interval is narrow, and says nothing about a machine whose transfers take 2 % longer.

A point is *resonant* if its speed jumps where lines cost a little more or less (`FACTORS`): if it
gets slower with cheaper lines or faster with dearer ones by more than `SLACK`, or changes by more
than a factor of `JUMP` at all. The first half of the window tells as much as all of it, and is
compared with that of the first replication. (On 672 points of the experiments both gave the same
answer; the first quarter missed one.) Half of the interval of its replications is granted on top;
where that alone is wider than `SLACK`, it has said already what the point is worth, and no run is
made.
A resonant value holds for these costs only. So does the knee of a collapse, if it is as sharp.

Programs that draw anything (a time, a way, which object) are left alone: nobody stays in step with
another there. One core alone cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.engine.state import Window
from sim.program.assembler import Assembler
from sim.program.operations import DRAWS
from sim.statistics import half_interval

FACTORS = (0.9, 0.98, 1.02, 1.1)
SLACK = 0.05
JUMP = 1.5
PROBED = 20
"""Operations a core that are looked at with other costs, or as many as the window has."""


def draws_nothing(program: Assembler) -> bool:
    """Whether no instruction of a program draws a number."""
    return all(instruction.op not in DRAWS for instruction in program.instructions)


def probed(window: Window, cores: int) -> Window:
    """The part of a window that is looked at with other costs: its beginning."""
    few = max(PROBED * cores, window.operations // 2)
    return window._replace(operations=min(few, window.operations))


def is_resonant(times: Sequence[float], change_at: Callable[[float], float]) -> bool:
    """Whether a point that draws nothing jumps where lines cost a little more or less.

    Args:
        times: time of an operation, of each replication.
        change_at: runs the point with all costs of lines multiplied, and returns its time over
            that with its own costs.
    """
    mean = sum(times) / len(times)
    if mean == 0:
        return False
    half = (half_interval(times) or 0.0) / mean
    return half <= SLACK and any(jumps(factor, change_at(factor), half) for factor in FACTORS)


def jumps(factor: float, change: float, half: float) -> bool:
    """Whether a time changed by more than lines that cost so many times as much explain."""
    slower = change if factor > 1 else 1 / change  # with the dearer lines of the two
    return not 1 - SLACK - half <= slower <= JUMP + half
