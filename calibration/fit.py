"""Fit settings to published points by simulation.

The loss is the mean squared logarithm of simulated over published; Nelder and Mead's simplex
searches the logarithms of the parameters, with the same random seeds at every evaluation. The
winner is rounded, integers to integers and the others to four digits, so what is printed is what
`conf/` can hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from analysis.read.reference import series
from sim.config.compose import compose
from sim.experiment.calibrations import Calibration, Target
from sim.simulate import simulate

Values = dict[str, float]
FIRST_STEP = 0.2  # of the simplex: 20 % of each parameter


@dataclass(frozen=True)
class Comparison:
    """One fitted point: what was published and what the simulator gives."""

    target: Target
    cores: int
    published: float
    simulated: float

    @property
    def error(self) -> float:
        """Relative error of the simulated value."""
        return self.simulated / self.published - 1


def setting(overrides: list[str], key: str) -> Any:
    """Value of a dotted key in a composed configuration."""
    value: Any = compose(overrides)
    for part in key.split("."):
        value = getattr(value, part)
    return value


def published(target: Target) -> dict[int, float]:
    """Published points of a target, by core count."""
    points = series(target.reference, target.series, target.columns)
    return {int(point.x): point.y for point in points}


def simulated(target: Target, overrides: list[str]) -> dict[int, float]:
    """Mean over replications of the target's measure, by core count."""
    cores = ",".join(str(n) for n in target.cores)
    config = compose([*target.overrides, f"cores=[{cores}]", *overrides])
    values: dict[int, list[float]] = {}
    for row in simulate(config).points:
        values.setdefault(row["cores"], []).append(row[target.column] * target.scale)
    return {n: float(np.mean(v)) for n, v in values.items()}


def assignments(values: Values) -> list[str]:
    """Overrides that set parameters to values."""
    return [f"{key}={value}" for key, value in values.items()]


def solved(calibration: Calibration, values: Values) -> Values:
    """The values, and the remainder that makes the solved point exact."""
    if calibration.solve is None:
        return values
    solve = calibration.solve
    overrides = [*calibration.fixed, *assignments(values), f"{solve.key}=0"]
    without = simulated(solve.target, overrides)[solve.target.cores[0]]
    remainder = published(solve.target)[solve.target.cores[0]] - without
    return values | {solve.key: round(max(remainder, 0.0), 2)}


def compare(calibration: Calibration, values: Values) -> list[Comparison]:
    """Simulate every target with parameters at some values."""
    overrides = [*calibration.fixed, *assignments(values)]
    found = []
    for target in calibration.targets:
        reference, result = published(target), simulated(target, overrides)
        found += [Comparison(target, n, reference[n], result[n]) for n in target.cores]
    return found


def loss(comparisons: list[Comparison]) -> float:
    """Mean squared logarithm of simulated over published."""
    return float(np.mean([math.log(c.simulated / c.published) ** 2 for c in comparisons]))


def as_configured(value: float, configured: int | float) -> int | float:
    """A value as `conf/` can hold it in the place of the configured one."""
    return max(round(value), 1) if isinstance(configured, int) else float(f"{value:.4g}")


def fit(
    calibration: Calibration,
    evaluations: int,
    report: Callable[[Values, float], None],
) -> Values:
    """Search for the parameters' best values.

    Args:
        calibration: what to fit.
        evaluations: simulations of all targets, at most.
        report: called with the values and loss of each improvement.
    """
    keys = calibration.parameters
    configured = [setting(calibration.targets[0].overrides, key) for key in keys]
    start = np.array(configured, float)
    best: tuple[float, Values] = (math.inf, {})

    def evaluate(logarithms: NDArray[np.float64]) -> float:
        nonlocal best
        tried = start * np.exp(logarithms)
        rounded = [as_configured(v, c) for v, c in zip(tried.tolist(), configured, strict=True)]
        values = solved(calibration, dict(zip(keys, rounded, strict=True)))
        found = loss(compare(calibration, values))
        if found < best[0]:
            best = found, values
            report(values, found)
        return found

    n = len(keys)
    simplex = np.vstack([np.zeros(n), np.eye(n) * FIRST_STEP])
    options = {"initial_simplex": simplex, "maxfev": evaluations, "fatol": 1e-7}
    minimize(evaluate, np.zeros(n), method="Nelder-Mead", options=options)
    return best[1]
