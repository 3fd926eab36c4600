"""Least squares: all parameters of a calibration at once, on all of its points.

A parameter is searched as its standard score: how many standard deviations its logarithm is from
the middle of the range that is plausible without the points (the range has four). The loss has two
parts: of each point the logarithm of simulated over published, in units of its target's accuracy,
and of each parameter its score. So a parameter that no point decides goes to the middle of its
range, wherever the search began.

    minimise  sum rho((log s - log p) / a)  +  sum rho(score)        rho: a square, for large
                                                                     ones nearly an absolute value

A square alone would give up ten good points for one that the model cannot reach. The derivatives
are differences of simulations with the same random seeds; the trust-region search is scipy's.
Integers are simulated rounded, as `conf/` can hold them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from calibration.runs import Number, Point, Runs
from sim.experiment.calibrations import Parameter

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
STEP = 0.1
"""Of a derivative, in logarithms: far more than the noise of a mean, less than a curve's bends."""
ENOUGH = 1e-3
"""Relative gain of the loss below which the search ends."""
STEPS = 3
"""Of a second fit, beside the first."""


@dataclass(frozen=True)
class Prior:
    """What is known of the parameters without the points: logarithms, of normal distributions."""

    middle: Vector
    spread: Vector

    @classmethod
    def of(cls, parameters: Sequence[Parameter], values: Sequence[Number]) -> Prior:
        """Normal distributions whose two standard deviations are the ends of the ranges."""
        ranges = [plausible_range(p, v) for p, v in zip(parameters, values, strict=True)]
        low, high = np.log(np.array(ranges, float)).T
        return cls((low + high) / 2, (high - low) / 4)

    def scores(self, values: Sequence[Number]) -> Vector:
        """Standard scores of values."""
        found: Vector = (np.log(np.array(values, float)) - self.middle) / self.spread
        return found

    def values(self, scores: Vector) -> Vector:
        """Values of standard scores."""
        return np.exp(self.middle + scores * self.spread)


@dataclass(frozen=True)
class Fit:
    """Where a search ended.

    Attributes:
        values: of the parameters, as `conf/` can hold them.
        scores: of the values before they were rounded.
        errors: log(simulated / published) of each point.
        slopes: derivative of each error by each score (points x parameters).
    """

    values: list[Number]
    scores: Vector
    errors: Vector
    slopes: Matrix


class Problem:
    """A calibration's loss and its derivatives, on some of its points."""

    def __init__(
        self, runs: Runs, points: Sequence[Point], start: Sequence[Number], prior: Prior
    ) -> None:
        self.runs = runs
        self.points = points
        self.start = start
        self.prior = prior
        self.accuracy = np.array([point.target.accuracy for point in points])

    def values(self, scores: Vector) -> list[Number]:
        """Parameters as `conf/` can hold them."""
        tried = self.prior.values(scores).tolist()
        return [as_configured(v, c) for v, c in zip(tried, self.start, strict=True)]

    def errors(self, values: Sequence[Number]) -> Vector:
        """log(simulated / published) of each point."""
        simulated = self.runs.simulated(self.points, values)
        return np.log([s / p.published for s, p in zip(simulated, self.points, strict=True)])

    def residuals(self, scores: Vector) -> Vector:
        """What the loss sums: of the points, then of the parameters."""
        return np.concatenate([self.errors(self.values(scores)) / self.accuracy, scores])

    def slopes(self, scores: Vector) -> Matrix:
        """Derivatives of the errors, one column for each parameter."""
        here = self.values(scores)
        beside = [self._beside(here, n) for n in range(len(here))]
        for values in (here, *beside):
            self.runs.start(self.points, values)
        errors = self.errors(here)
        columns = [
            (self.errors(values) - errors) * self.prior.spread[n] / math.log(values[n] / here[n])
            for n, values in enumerate(beside)
        ]
        return np.column_stack(columns)

    def jacobian(self, slopes: Matrix) -> Matrix:
        """Derivatives of the residuals."""
        return np.vstack([slopes / self.accuracy[:, np.newaxis], np.eye(slopes.shape[1])])

    @staticmethod
    def _beside(values: list[Number], n: int) -> list[Number]:
        """The values with one a step larger."""
        value = values[n]
        larger = max(round(value * math.exp(STEP)), value + 1)
        grown = larger if isinstance(value, int) else value * math.exp(STEP)
        return [*values[:n], grown, *values[n + 1 :]]


def plausible_range(parameter: Parameter, value: Number) -> tuple[float, float]:
    """The range of a parameter; without one, a factor of ten about its value."""
    return parameter.low or value / 10, parameter.high or value * 10


def as_configured(value: float, configured: Number) -> Number:
    """A value as `conf/` can hold it in the place of the configured one."""
    return max(round(value), 1) if isinstance(configured, int) else float(f"{value:.4g}")


def search(
    problem: Problem,
    begin: Vector,
    evaluations: int,
    report: Callable[[list[Number], float], None] | None = None,
) -> Fit:
    """Find the values that fit best.

    Args:
        problem: loss and derivatives.
        begin: scores to begin with.
        evaluations: of the loss, at most.
        report: called with values and loss of each evaluation.

    Raises:
        SimulationError: if a run deadlocks or takes too long.
    """

    def residuals(scores: Vector) -> Vector:
        found = problem.residuals(scores)
        if report:
            report(problem.values(scores), loss(found))
        return found

    found = least_squares(
        residuals,
        begin,
        jac=lambda at: problem.jacobian(problem.slopes(at)),
        loss="soft_l1",
        ftol=ENOUGH,
        max_nfev=evaluations,
    )
    values = problem.values(found.x)
    return Fit(values, found.x, problem.errors(values), problem.slopes(found.x))


def fit_beside(problem: Problem, fit: Fit, slopes: Matrix) -> Fit:
    """Fit to other points from a fit near by: Gauss and Newton's steps with its derivatives.

    Every step is taken. A search that asks whether a step helps would stay where it is: what one
    parameter gains on its way to the middle of its range is less than the noise of the whole loss.

    Args:
        problem: the other points.
        fit: that was found on more of them.
        slopes: its derivatives at the other points.

    Raises:
        SimulationError: if a run deadlocks or takes too long.
    """
    scores = fit.scores
    for _ in range(STEPS):
        errors, slope = weighted(problem.errors(problem.values(scores)), slopes, problem.accuracy)
        curvature = slope.T @ slope + np.diag((1 + scores**2) ** -0.5)
        gradient = slope.T @ errors + scores * (1 + scores**2) ** -0.5
        scores = scores - np.linalg.solve(curvature, gradient)
    values = problem.values(scores)
    return Fit(values, scores, problem.errors(values), slopes)


def weighted(errors: Vector, slopes: Matrix, accuracy: Vector) -> tuple[Vector, Matrix]:
    """Errors and slopes in units of the accuracy; those far off count as the loss lets them."""
    scaled = errors / accuracy
    weight = (1 + scaled**2) ** -0.25
    return scaled * weight, slopes / accuracy[:, np.newaxis] * weight[:, np.newaxis]


def loss(residuals: Vector) -> float:
    """What the search minimises."""
    return float(np.sum(np.sqrt(1 + residuals**2) - 1))
