"""What flipping one switch does to throughput: every fix alone on one kernel, or missing from one.

The gain is (with - without) / without of the mean throughput at the most cores, with its 95 %
interval, over the replications that share their seeds, as `explain` has it. A fix that nothing of
the workload depends on is not run: its gain is zero by construction and has no interval.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from analysis.read import tidy
from sim.experiment.variation import BASE, Kind, Variation
from sim.statistics import Interval, interval_of_gain

SCHEMA = {
    "curve": pl.String,
    "toggle": pl.String,
    "on": pl.Boolean,
    "cores": pl.Int64,
    "gain": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def against_plain(
    points: pl.DataFrame, kind: Kind
) -> Iterator[tuple[str, Variation, int, Interval]]:
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
        after, before = (tidy.by_seed(point, "throughput") for point in (group, plain))
        found = interval_of_gain(after, before)
        yield str(curve), tidy.variation_of(group.row(0, named=True)), int(str(cores)), found


def table(points: pl.DataFrame) -> pl.DataFrame:
    """Gain of every toggle of every curve, at every core count that it was run at."""
    rows = [
        (curve, variation.key, variation.value, cores, *found)
        for curve, variation, cores, found in against_plain(points, "toggle")
        if isinstance(variation.value, bool)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
