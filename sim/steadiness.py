"""Whether a point's replications tell one speed: how many are enough, drift, and two branches.

A point has *enough* replications when the 95 % interval of their mean is narrow, or when all that
were asked for are done. The first few (`run.minimum_replications`) are run in any case: two agree
by chance too often, unless hundreds of cores average the noise away. They are asked in order, after
each one, so how many run depends on the point alone. (An interval that is looked at until it is
narrow holds a little less often than it says.)

A point *drifts* if, over its replications, the second half of the window's operations surely took
longer or shorter than the first by more than `DRIFT`: it is still warming up, or never settles.

A point has *two branches* if its replications fall into two groups that are farther apart than
either is wide. A mean of them is no speed that any run has. Fewer than `BRANCHED` replications fall
apart by chance too often (of six drawn from one normal distribution 7 % do, of ten 0.2 %, and the
groups have to differ by a tenth as well).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sim.engine.state import Ints
from sim.statistics import half_interval, interval_of_mean

DRIFT = 0.02
BRANCHED = 6
APART = 0.1
"""The faster branch's slowest replication over the slower one's fastest, less 1, at least."""
WIDER = 2.0
"""The gap between the branches over the width of the wider one, at least, on a log scale."""


def is_enough(times: Sequence[float], precision: float, least: int) -> bool:
    """Whether the mean of some replications is known as precisely as was asked for.

    Args:
        times: of an operation, in each replication so far.
        precision: half of the 95 % interval over the mean; 0: never.
        least: fewer are never enough.
    """
    if len(times) < least or precision == 0:
        return False
    half = half_interval(times) or 0.0
    return half <= precision * sum(times) / len(times)


def slowing(ended: Ints) -> float:
    """Logarithm of the time of the window's second half over that of its first; 0 if too short.

    Operations that are completed together may all fall into one half or the other. So what the
    longest time between two completions could explain is taken off.

    Args:
        ended: when each operation of the window was completed, from its opening, ascending.
    """
    half = len(ended) // 2
    if half == 0:
        return 0.0
    first, second = int(ended[half - 1]), int(ended[2 * half - 1] - ended[half - 1])
    if first == 0 or second == 0:
        return 0.0
    change = math.log(second / first)
    longest = int(np.diff(ended, prepend=0).max())
    explained = math.log1p(longest / min(first, second))
    return math.copysign(max(abs(change) - explained, 0.0), change)


def drifts(slowings: Sequence[float]) -> bool:
    """Whether the replications agree that the window's halves are not alike."""
    if len(slowings) < 2:  # one alone cannot tell drift from noise
        return False
    interval = interval_of_mean(slowings)
    return interval.low > DRIFT or interval.high < -DRIFT


def branches(times: Sequence[float]) -> list[int]:
    """Branch of each replication: 1 for the faster, 2 for the slower; all 0 where there is one.

    Args:
        times: of an operation, in each replication.
    """
    one = [0] * len(times)
    if len(times) < BRANCHED or min(times) <= 0:
        return one
    order = sorted(range(len(times)), key=lambda i: times[i])
    logs = [math.log(times[i]) for i in order]
    gap, cut = max((b - a, n) for n, (a, b) in enumerate(zip(logs, logs[1:], strict=False), 1))
    width = max(logs[cut - 1] - logs[0], logs[-1] - logs[cut])
    if gap < math.log1p(APART) or gap < WIDER * width:
        return one
    found = list(one)
    for place, replication in enumerate(order):
        found[replication] = 1 if place < cut else 2
    return found
