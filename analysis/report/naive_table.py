"""Naive FIFO's errors beside the simulator's, as a table."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analysis.report.layout import Table, fixed

HEADER = ["curve", "n", "simulator: mean |error| %", "naive FIFO: mean |error| %"]


def of_measure(
    naive: pl.DataFrame, compared: pl.DataFrame, labels: Mapping[str, str]
) -> Table | None:
    """One row for each curve of a measure at the points of which the baseline says something.

    Parameters
    ----------
    naive : `naive_fifo.table` of one measure
    compared : `errors.compare_series` of all measures
    """
    if naive.is_empty():
        return None
    both = naive.join(compared, on=["measure", "curve", "cores"], suffix="_simulated")
    means = both.group_by("curve", maintain_order=True).agg(
        pl.len().alias("n"),
        pl.col("error_percent_simulated").abs().mean().alias("simulator"),
        pl.col("error_percent").abs().mean().alias("naive"),
    )
    rows = [
        [labels[curve], str(n), fixed(simulator), fixed(other)]
        for curve, n, simulator, other in means.iter_rows()
    ]
    return Table(HEADER, rows, [False, True, True, True])
