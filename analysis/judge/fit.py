"""Amdahl's law and Gunther's Universal Scalability Law (USL), fitted to a curve's throughput.

USL: X(N) = X1 N / (1 + serial (N - 1) + crosstalk N (N - 1)). Amdahl's law is the USL without
crosstalk. Relative errors are minimised over all core counts; intervals are those of Student's t
from the fit's covariance. A fit describes: it knows no mechanism, and is the null model that the
simulator's errors stand beside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, sqrt
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.read import tidy
from sim.statistics import student

Law = Literal["amdahl", "usl"]
LAWS: tuple[Law, ...] = ("amdahl", "usl")
FEWEST_POINTS = 4
SCHEMA = {
    "curve": pl.String,
    "law": pl.String,
    "points": pl.Int64,
    "first_cores": pl.Int64,
    "last_cores": pl.Int64,
    "one_core": pl.Float64,
    "serial": pl.Float64,
    "serial_low": pl.Float64,
    "serial_high": pl.Float64,
    "crosstalk": pl.Float64,
    "crosstalk_low": pl.Float64,
    "crosstalk_high": pl.Float64,
    "peak_cores": pl.Float64,
    "limit": pl.Float64,
    "mean_absolute_percent": pl.Float64,
}


@dataclass(frozen=True)
class Fit:
    """One law fitted to one curve.

    Attributes:
        law: which.
        one_core: fitted throughput of one core.
        serial, crosstalk: (value, low, high) of the law's parameters, 95 % intervals.
        cores: (fewest, most) core counts fitted on; `points` of them.
        error_percent: mean absolute relative error at the fitted points.
    """

    law: Law
    one_core: float
    serial: tuple[float, float, float]
    crosstalk: tuple[float, float, float]
    cores: tuple[int, int]
    points: int
    error_percent: float

    @property
    def peak_cores(self) -> float:
        """Core count with the highest throughput; infinite without crosstalk."""
        crosstalk = self.crosstalk[0]
        return sqrt((1 - self.serial[0]) / crosstalk) if crosstalk > 0 else inf

    @property
    def limit(self) -> float:
        """Speed-up that no core count exceeds."""
        if self.peak_cores < inf:
            best = np.array([self.peak_cores])
            return float(self.throughput(best)[0] / self.one_core)
        return 1 / self.serial[0] if self.serial[0] > 0 else inf

    def throughput(self, cores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Throughput of all cores together that the law predicts."""
        return usl(cores, self.one_core, self.serial[0], self.crosstalk[0])


def usl(
    cores: NDArray[np.float64], one_core: float, serial: float, crosstalk: float = 0.0
) -> NDArray[np.float64]:
    """Universal Scalability Law."""
    return one_core * cores / (1 + serial * (cores - 1) + crosstalk * cores * (cores - 1))


def of_curve(throughput: Mapping[int, float], law: Law) -> Fit | None:
    """Fit a law to total throughput by core count; None with too few points."""
    if len(throughput) < FEWEST_POINTS:
        return None
    cores = np.array(sorted(throughput), np.float64)
    values = np.array([throughput[int(n)] for n in cores])
    free = 2 if law == "amdahl" else 3
    start = [values[0] / cores[0], 0.01, 1e-5][:free]
    # Here, because it takes longer to import than all else that judges.
    from scipy.optimize import curve_fit

    found, covariance = curve_fit(
        usl, cores, values, p0=start, sigma=values, bounds=([0] * free, [inf, 1, 1][:free])
    )
    half = student(len(cores) - free) * np.sqrt(np.diag(covariance))
    parameters = [
        (float(v), max(float(v - h), 0.0), float(v + h)) for v, h in zip(found, half, strict=True)
    ]
    errors = np.abs(usl(cores, *found) / values - 1)
    return Fit(
        law,
        float(found[0]),
        parameters[1],
        parameters[2] if free == 3 else (0.0, 0.0, 0.0),
        (int(cores[0]), int(cores[-1])),
        len(cores),
        100 * float(errors.mean()),
    )


def throughput_of(points: pl.DataFrame, curve: str) -> dict[int, float]:
    """Mean total throughput of a curve by core count."""
    summary = tidy.base(tidy.summarise(points, "throughput"))
    mine = summary.filter(pl.col("curve") == curve)
    return dict(zip(mine["cores"].to_list(), mine["mean"].to_list(), strict=True))


def table(points: pl.DataFrame, curves: list[str]) -> pl.DataFrame:
    """Both laws fitted to every curve that has enough points."""
    rows = []
    for curve in curves:
        for law in LAWS:
            fit = of_curve(throughput_of(points, curve), law)
            if fit is not None:
                rows.append(
                    (
                        curve,
                        law,
                        fit.points,
                        *fit.cores,
                        fit.one_core,
                        *fit.serial,
                        *fit.crosstalk,
                        fit.peak_cores,
                        fit.limit,
                        fit.error_percent,
                    )
                )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
