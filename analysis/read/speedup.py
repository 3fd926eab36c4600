"""Speed-up: throughput(N) / throughput(1), of the simulation and of the paper."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from analysis.read import tidy

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
    summary = tidy.base(tidy.summarise(points, "throughput"))
    rows = []
    for curve in curves:
        mine = summary.filter(pl.col("curve") == curve)
        mean = dict(zip(mine["cores"].to_list(), mine["mean"].to_list(), strict=True))
        paper = of_curve(published.get(curve, {}))
        simulated = of_curve(mean)
        for cores, low, high in mine.select("cores", "low", "high").iter_rows():
            if cores in simulated:
                one = mean[1]
                rows.append(
                    (curve, cores, simulated[cores], low / one, high / one, paper.get(cores))
                )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
