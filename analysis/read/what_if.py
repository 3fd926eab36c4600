"""What an object costs a curve: how much throughput is gained when it costs nothing.

An object's share of the cycles says where time is spent, not what would be gained: work that
hides behind another bottleneck gains nothing, and freeing a lock shortens every wait behind it.
So each object is freed alone, and the gain, with its 95 % interval, stands beside the share.
"""

from __future__ import annotations

import polars as pl

from analysis.read import toggles

SCHEMA = {
    "curve": pl.String,
    "object": pl.String,
    "cores": pl.Int64,
    "gain": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def table(points: pl.DataFrame) -> pl.DataFrame:
    """Gain of every freed object of every curve, at every core count that it was run at."""
    rows = [
        (curve, variation.value, cores, *found)
        for curve, variation, cores, found in toggles.against_plain(points, "what_if")
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def shares(account: pl.DataFrame) -> pl.DataFrame:
    """Share of each object in the plain cycles of every (curve, cores), from `breakdown.shares`."""
    return account.group_by(["curve", "cores", "object"]).agg(pl.col("share").sort().sum())


def work(account: pl.DataFrame) -> pl.DataFrame:
    """Part of each object's cycles that the fewest cores spend on it as well, from 0 to 1.

    It is work that has to be done; 0 with one core count, which tells nothing.
    """
    cycles = account.group_by(["curve", "cores", "object"]).agg(pl.col("cycles").sort().sum())
    first = pl.col("cores") == pl.col("cores").min().over("curve")
    few = cycles.filter(first).select("curve", "object", pl.col("cycles").alias("few"))
    several = pl.col("cores").min().over("curve") < pl.col("cores").max().over("curve")
    part = pl.min_horizontal("few", "cycles") / pl.col("cycles")
    return (
        cycles.join(few, on=["curve", "object"], how="left")
        .with_columns(pl.col("few").fill_null(0.0))
        .with_columns(
            pl.when(several & (pl.col("cycles") > 0)).then(part).otherwise(0.0).alias("work")
        )
        .select("curve", "cores", "object", "work")
    )
