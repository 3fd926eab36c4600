"""Speed-up: throughput(N) / throughput(1), of the simulation and of the paper.

Its 95 % interval is that of the ratio of both means: one core's replications differ, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from analysis.read import tidy
from sim.statistics import interval_of_ratio

SCHEMA = {
    "curve": pl.String,
    "cores": pl.Int64,
    "speedup": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "published": pl.Float64,
}


def of_curve(throughput: dict[int, float]) -> dict[int, float]:
    """Total throughput at each core count over that at one core; empty without that point."""
    one = throughput.get(1)
    if not one:
        return {}
    return {cores: value / one for cores, value in sorted(throughput.items())}


def table(
    points: pl.DataFrame, curves: Sequence[str], published: dict[str, dict[int, float]]
) -> pl.DataFrame:
    """Speed-up of every curve at every core count.

    Parameters
    ----------
    points : one row per replication (`tidy.read_points`)
    curves : ids in the order wanted
    published : curve -> cores -> published total throughput, any unit
    """
    plain = tidy.base(points)
    rows = []
    for curve in curves:
        mine = plain.filter(pl.col("curve") == curve).sort("cores", maintain_order=True)
        throughput = {
            int(str(cores)): tidy.by_seed(point, "throughput")
            for (cores,), point in mine.group_by("cores", maintain_order=True)
        }
        one = throughput.get(1)
        if not one:
            continue
        paper = of_curve(published.get(curve, {}))
        for cores, many in throughput.items():
            rows.append((curve, cores, *interval_of_ratio(many, one), paper.get(cores)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
