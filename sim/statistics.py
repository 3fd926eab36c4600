"""How sure a value over replications is: 95 % intervals of means, ratios and gains.

Everything that says how sure it is asks here: the command line's tables, `explain`, the report.

A ratio of two rates is above 0, so its interval is taken on a logarithmic scale and turned back:
no gain can be below -100 %, and the interval of b/a is that of a/b turned over. Replications of the
same seed draw the same numbers, so they are compared in pairs: what changes nothing has an interval
of zero, however much the replications differ from one another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A value and the ends of its 95 % interval, which are the value for one replication."""

    value: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value is within the interval, its ends included."""
        return self.low <= value <= self.high


def student(degrees: float) -> float:
    """Student's t that 95 % of values are within, on both sides of 0.

    Args:
        degrees: of freedom, above 0; not necessarily whole (Welch's are not).
    """
    # scipy.stats.t calls this one too, and takes three times as long to import.
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2))


def half_interval(values: Sequence[float]) -> float | None:
    """Half the width of the 95 % confidence interval of the mean; None for one value."""
    if len(values) < 2:
        return None
    count = len(values)
    deviation = _deviation(values, sum(values) / count)
    return student(count - 1) * deviation / math.sqrt(count) if deviation else 0.0


def interval_of_mean(values: Sequence[float]) -> Interval:
    """Mean of replications with its interval."""
    mean = sum(values) / len(values)
    half = half_interval(values) or 0.0
    return Interval(mean, mean - half, mean + half)


def interval_of_ratio(above: Mapping[int, float], below: Mapping[int, float]) -> Interval:
    """Mean over another mean, with its interval.

    Where the two share seeds, it is over these alone, in pairs: the classical ratio estimator,
    whose standard error is that of the residuals `a - ratio * b` (Cochran, Sampling Techniques,
    ch. 6). Where they share none, the squares of the means' relative errors add up (Welch).

    Args:
        above, below: value of each replication by its seed; rates or times, none below 0.

    Raises:
        ZeroDivisionError: the mean below is 0.
    """
    seeds = [seed for seed in above if seed in below]
    if seeds:
        return _of_pairs([above[seed] for seed in seeds], [below[seed] for seed in seeds])
    return _of_independent(list(above.values()), list(below.values()))


def interval_of_difference(above: Mapping[int, float], below: Mapping[int, float]) -> Interval:
    """Mean less another mean, with its interval.

    Where the two share seeds, it is over these alone, in pairs; otherwise the squares of the means'
    errors add up (Welch).

    Args:
        above, below: value of each replication by its seed.
    """
    seeds = [seed for seed in above if seed in below]
    if seeds:
        return interval_of_mean([above[seed] - below[seed] for seed in seeds])
    sides = [list(above.values()), list(below.values())]
    means = [sum(values) / len(values) for values in sides]
    variances, spread = 0.0, 0.0
    for values, mean in zip(sides, means, strict=True):
        if len(values) > 1:
            variance = _error(values, mean) ** 2
            variances += variance
            spread += variance**2 / (len(values) - 1)
    half = student(variances**2 / spread) * math.sqrt(variances) if spread else 0.0
    difference = means[0] - means[1]
    return Interval(difference, difference - half, difference + half)


def interval_of_gain(after: Mapping[int, float], before: Mapping[int, float]) -> Interval:
    """Relative change of a mean, with its interval: what `interval_of_ratio` says, less 1."""
    return Interval(*(end - 1 for end in interval_of_ratio(after, before)))


def _of_pairs(above: Sequence[float], below: Sequence[float]) -> Interval:
    """Ratio of two means of replications that share their seeds, in the same order."""
    ratio = sum(above) / sum(below)
    if len(above) < 2 or ratio == 0:
        return Interval(ratio, ratio, ratio)
    residuals = [a - ratio * b for a, b in zip(above, below, strict=True)]
    relative = _error(residuals, 0.0) / (sum(above) / len(above))
    return _on_logarithmic_scale(ratio, relative, len(above) - 1)


def _of_independent(above: Sequence[float], below: Sequence[float]) -> Interval:
    """Ratio of two means whose replications share no seed; one replication counts as exact."""
    means = [sum(values) / len(values) for values in (above, below)]
    ratio = means[0] / means[1]
    if ratio == 0:
        return Interval(ratio, ratio, ratio)
    variances, spread = 0.0, 0.0  # of the ratio's logarithm; Welch's for the degrees of freedom
    for values, mean in zip((above, below), means, strict=True):
        if len(values) > 1:
            variance = (_error(values, mean) / mean) ** 2
            variances += variance
            spread += variance**2 / (len(values) - 1)
    degrees = variances**2 / spread if spread else 1.0
    return _on_logarithmic_scale(ratio, math.sqrt(variances), degrees)


def _on_logarithmic_scale(ratio: float, relative: float, degrees: float) -> Interval:
    """Interval of a ratio from its relative standard error: that of its logarithm, to first order.

    Args:
        degrees: of freedom of the standard error.
    """
    half = student(degrees) * relative if relative else 0.0
    return Interval(ratio, ratio * math.exp(-half), ratio * math.exp(half))


def _error(values: Sequence[float], centre: float) -> float:
    """Standard error of a mean: 0 where all values are the same."""
    return _deviation(values, centre) / math.sqrt(len(values))


def _deviation(values: Sequence[float], centre: float) -> float:
    """Standard deviation of a sample around its mean."""
    return math.sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - 1))
