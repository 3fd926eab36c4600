"""A value and how sure it is, from repetitions of which some were disturbed.

A repetition is *disturbed* if at no time all of its threads had their CPUs: other programs ran
there. Undisturbed repetitions count alone where there is one: whoever holds a lock may be stopped
for all of a disturbed one, which then says nothing. Of what counts, single values far from all
others are left out.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from sim.statistics import half_interval

LEAST_SHARE = 0.97
"""Of a thread's time, below which a repetition is disturbed."""
ENOUGH = 3
PRECISION = 0.02
"""Half of the 95 % interval over the value at which a point is done."""
FAR = 5.0
"""Scaled median absolute deviations from the median beyond which a value is an outlier."""
NORMAL = 1.4826
"""Of a normal distribution, its standard deviation over its median absolute deviation."""


@dataclass(frozen=True)
class Repetition:
    """One value, and the least share of its time that a thread had its CPU."""

    value: float
    share: float

    @property
    def is_disturbed(self) -> bool:
        """Whether another program ran on one of the CPUs."""
        return self.share < LEAST_SHARE


@dataclass(frozen=True)
class Spread:
    """What repetitions say.

    Attributes:
        value: their mean.
        half: of the 95 % interval; None for a single one.
        counted: repetitions that it is the mean of.
        outliers: left out because they are far from the others.
        disturbed: of all repetitions.
        is_noisy: whether disturbed ones had to be counted.
    """

    value: float
    half: float | None
    counted: int
    outliers: int
    disturbed: int
    is_noisy: bool

    @property
    def relative(self) -> float:
        """Half of the interval over the value; infinite where it is not known."""
        return float("inf") if self.half is None or not self.value else self.half / self.value

    @property
    def is_enough(self) -> bool:
        """Whether no more repetitions are needed."""
        return not self.is_noisy and self.counted >= ENOUGH and self.relative <= PRECISION


def spread(repetitions: Sequence[Repetition]) -> Spread:
    """Mean and interval of one point's repetitions, of which there must be one."""
    quiet = [item for item in repetitions if not item.is_disturbed]
    is_noisy = not quiet
    # The least disturbed ones, where all are: at least a third of them.
    ranked = sorted(repetitions, key=lambda item: -item.share)
    used = ranked[: max(ENOUGH, len(ranked) // 3)] if is_noisy else quiet
    values = [item.value for item in used]
    kept = without_outliers(values)
    return Spread(
        sum(kept) / len(kept),
        half_interval(kept),
        len(kept),
        len(values) - len(kept),
        len(repetitions) - len(quiet),
        is_noisy,
    )


def without_outliers(values: Sequence[float]) -> list[float]:
    """Values without those far from the median; of fewer than five, all."""
    if len(values) < 5:
        return list(values)
    middle = statistics.median(values)
    deviation = NORMAL * statistics.median(abs(value - middle) for value in values)
    return [value for value in values if abs(value - middle) <= FAR * deviation] or list(values)
