"""What flipping one switch does to throughput: every fix alone on one kernel, or missing from one.

The gain is (with - without) / without of the mean throughput at the most cores, with its 95 %
interval, over the replications that share their seeds, as `explain` has it. A fix that nothing of
the workload depends on is not run: its gain is zero by construction and has no interval.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from analysis.read import tidy
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
_TOGGLED = re.compile(r"^([\w.]+)=(true|false)$")


def against_plain(
    points: pl.DataFrame, named: re.Pattern[str]
) -> Iterator[tuple[str, re.Match[str], int, Interval]]:
    """Curve, match of its name, cores and gain of every variant whose name matches.

    A variant without plain results at its core count is left out.
    """
    for (curve, variant, cores), group in points.group_by(tidy.KEYS, maintain_order=True):
        match = named.match(str(variant))
        if match is None:
            continue
        plain = points.filter(
            (pl.col("curve") == curve)
            & (pl.col("cores") == cores)
            & (pl.col("variant") == tidy.BASE)
        )
        if plain.is_empty():
            continue
        after, before = (tidy.by_seed(point, "throughput") for point in (group, plain))
        found = interval_of_gain(after, before)
        yield str(curve), match, int(str(cores)), found


def table(points: pl.DataFrame) -> pl.DataFrame:
    """Gain of every toggle of every curve, at every core count that it was run at."""
    rows = [
        (curve, match[1], match[2] == "true", cores, *found)
        for curve, match, cores, found in against_plain(points, _TOGGLED)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
