"""What flipping one switch does to throughput: every fix alone on one kernel, or missing from one.

The gain is (with - without) / without of the mean throughput at the most cores, with the 95 %
interval of the ratio of two means (delta method over replications). A fix that nothing of the
workload depends on is not run: its gain is zero by construction and has no interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import polars as pl
from scipy.special import stdtrit

from analysis.read import tidy
from sim.experiment.variation import BASE, Kind, Variation

SCHEMA = {
    "curve": pl.String,
    "toggle": pl.String,
    "on": pl.Boolean,
    "cores": pl.Int64,
    "gain": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def mean_and_error(values: list[float]) -> tuple[float, float, int]:
    """Mean, standard error of the mean, degrees of freedom."""
    n = len(values)
    mean = sum(values) / n
    if n < 2:
        return mean, 0.0, 0
    return mean, sqrt(sum((v - mean) ** 2 for v in values) / (n - 1) / n), n - 1


def gain(after: list[float], before: list[float]) -> tuple[float, float, float]:
    """Relative change of the mean and its 95 % interval."""
    a, error_a, free_a = mean_and_error(after)
    b, error_b, free_b = mean_and_error(before)
    ratio = a / b
    free = free_a + free_b
    half = (
        float(stdtrit(free, 0.975)) * ratio * sqrt((error_a / a) ** 2 + (error_b / b) ** 2)
        if free
        else 0.0
    )
    return ratio - 1, ratio - 1 - half, ratio - 1 + half


def against_plain(
    points: pl.DataFrame, kind: Kind
) -> Iterator[tuple[str, Variation, int, tuple[float, float, float]]]:
    """Curve, variation, cores and gain of every variant of a kind.

    A variant without plain results at its core count is left out.
    """
    variants = points.filter(pl.col("variant_kind") == kind)
    for (curve, _, cores), group in variants.group_by(tidy.KEYS, maintain_order=True):
        plain = points.filter(
            (pl.col("curve") == curve)
            & (pl.col("cores") == cores)
            & (pl.col("variant_kind") == BASE.kind)
        )
        if plain.is_empty():
            continue
        found = gain(group["throughput"].to_list(), plain["throughput"].to_list())
        yield str(curve), tidy.variation_of(group.row(0, named=True)), int(str(cores)), found


def table(points: pl.DataFrame) -> pl.DataFrame:
    """Gain of every toggle of every curve, at every core count that it was run at."""
    rows = [
        (curve, variation.key, variation.value, cores, *found)
        for curve, variation, cores, found in against_plain(points, "toggle")
        if isinstance(variation.value, bool)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
