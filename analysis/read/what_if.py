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


def saved(gain: float) -> float:
    """A gain of throughput on a scale from -1 to 1, beside which a share of cycles can stand.

    Above 0 it is the part of an operation's time that goes away: the object's share of the cycles,
    if those go and nothing else changes. Below 0 it is the part of the throughput that is lost.
    """
    return gain / (1.0 + gain) if gain > 0 else max(gain, -1.0)
