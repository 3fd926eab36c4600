"""Classes of latency: values on one axis, cut where they are farther apart than in any one class.

The cut into k classes is Jenks' (Fisher's exact one): the least sum of squares within classes, of
logarithms, because noise and distance are both relative. The number of classes is the largest for
which neighbouring classes stand apart by Ashman's measure, D = sqrt(2) |m1 - m2| /
sqrt(s1^2 + s2^2) (Ashman, Bird and Zepf 1994). Cutting what is *one* class in two gives a D of
2.65 if it is Gaussian and 3.46 if it is uniform, so 4 is asked for. Among fewer than some hundred
values noise may make a class of its own; whoever uses the cuts checks what they lead to.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_CLASSES = 8
APART = 4.0
# Width of a bin, relative; no class counts as narrower, however few values it has.
RESOLUTION = 0.01


def boundaries(latencies: Floats) -> list[float]:
    """Return the values that separate the classes, rising; none if there is one class.

    Args:
        latencies: positive values in any order.
    """
    logs = np.log(np.sort(latencies))
    bins = np.floor(logs / RESOLUTION).astype(np.int64)
    starts = np.flatnonzero(np.r_[True, np.diff(bins) > 0])
    ends = np.r_[starts[1:], len(logs)]
    found: list[float] = []
    for cuts in _optimal_cuts(logs, starts, ends):
        if _stand_apart(logs, cuts):
            found = [float(np.exp((logs[cut - 1] + logs[cut]) / 2)) for cut in cuts]
    return found


def _stand_apart(logs: Floats, cuts: list[int]) -> bool:
    """Whether any two neighbours of the classes between the cuts are distinct."""
    classes = np.split(logs, cuts)
    means = [float(part.mean()) for part in classes]
    variances = [max(float(part.var()), RESOLUTION**2) for part in classes]
    return all(
        np.sqrt(2) * (means[i + 1] - means[i]) > APART * np.sqrt(variances[i] + variances[i + 1])
        for i in range(len(cuts))
    )


def _optimal_cuts(
    logs: Floats, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> list[list[int]]:
    """Cut into 2, 3, ... classes of least squares; a cut is the index of a class's first value."""
    sums = np.r_[0.0, np.cumsum(logs)]
    squares = np.r_[0.0, np.cumsum(logs**2)]

    def spread(first: NDArray[np.int64], last: int) -> Floats:
        """Sum of squares about the mean of values first .. last - 1, for each first."""
        total = sums[last] - sums[first]
        within: Floats = squares[last] - squares[first] - total**2 / (last - first)
        return within

    count = len(starts)
    best = np.array([spread(starts[:1], end)[0] for end in ends])
    choice = []
    result = []
    for k in range(2, min(MOST_CLASSES, count) + 1):
        before, best = best, np.full(count, np.inf)
        chosen = np.zeros(count, np.int64)
        for last in range(k - 1, count):
            first = np.arange(k - 1, last + 1)
            cost = before[first - 1] + spread(starts[first], ends[last])
            at = int(cost.argmin())
            best[last], chosen[last] = cost[at], first[at]
        choice.append(chosen)
        cuts, last = [], count - 1
        for chosen in reversed(choice):
            first_bin = int(chosen[last])
            cuts.append(int(starts[first_bin]))
            last = first_bin - 1
        result.append(cuts[::-1])
    return result
