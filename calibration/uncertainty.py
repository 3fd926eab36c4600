"""How well points decide each parameter: intervals, and which parameters they do not identify.

The loss about its minimum is taken for a parabola: along one parameter, with all others following,
it rises as far as errors of the size that is left would let it by chance. The prior is a part of
the loss, so a parameter that no point decides has its whole plausible range as its interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from calibration.runs import Number
from calibration.search import Fit, Matrix, Problem, Vector, weighted

INSIDE = 0.95
"""Probability that an interval holds the value."""
UNIDENTIFIED = 0.5
"""Of the prior's standard deviation: points that leave more of it do not identify a parameter."""
MOST = 0.9
"""Share of what points say about a parameter that the points named as deciding it say."""


@dataclass(frozen=True)
class Estimate:
    """A fitted number.

    Attributes:
        value: as `conf/` can hold it.
        low: end of its 95 % interval.
        high: the other end.
        left: standard deviation that the points leave, in that of the prior.
        decided_by: points that decide it, by their places in the problem.
    """

    value: Number
    low: float
    high: float
    left: float
    decided_by: list[int]

    @property
    def identified(self) -> bool:
        """Whether the points narrow the range that was plausible without them to less than half."""
        return self.left <= UNIDENTIFIED


def estimates(problem: Problem, fit: Fit) -> list[Estimate]:
    """Value, interval and deciding points of each parameter of a fit."""
    errors, slopes = weighted(fit.errors, fit.slopes, problem.accuracy)
    left = np.sqrt(np.diag(covariance(errors, slopes)))
    far = float(norm.ppf((1 + INSIDE) / 2)) * left
    low, high = problem.prior.values(fit.scores - far), problem.prior.values(fit.scores + far)
    return [
        Estimate(value, float(low[n]), float(high[n]), float(left[n]), deciding(slopes[:, n]))
        for n, value in enumerate(fit.values)
    ]


def covariance(errors: Vector, slopes: Matrix) -> Matrix:
    """Covariance of the scores: of points whose errors are as large as those that are left."""
    points, parameters = slopes.shape
    said = slopes.T @ slopes
    decided = float(np.trace(np.linalg.solve(said + np.eye(parameters), said)))
    size = max(float(errors @ errors) / max(points - decided, 1.0), 1.0)
    found: Matrix = np.linalg.inv(said / size + np.eye(parameters))
    return found


def deciding(slopes: Vector) -> list[int]:
    """Points that say most about a parameter, by its weighted slopes at each."""
    said = slopes**2
    order = np.argsort(-said, kind="stable")
    enough = int(np.searchsorted(np.cumsum(said[order]), MOST * said.sum())) + 1
    return sorted(order[:enough].tolist()) if said.any() else []
