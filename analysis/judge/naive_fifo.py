"""The baseline of contended locks, counters and lines, beside every published point.

What it says was written with the results, in the configuration beside them (sim/naive_fifo.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from analysis.judge import errors
from analysis.read import configuration
from sim.experiment.file import Measure

SCHEMA = {
    "measure": pl.String,
    "curve": pl.String,
    "cores": pl.Int64,
    "role": pl.String,
    "naive": pl.Float64,
    "error_percent": pl.Float64,
}


def table(
    measures: Iterable[Measure], files: Sequence[Path], compared: pl.DataFrame
) -> pl.DataFrame:
    """The baseline at the compared points of which it says something.

    Parameters
    ----------
    files : `x.parquet` of the curves, named after them
    compared : `errors.compare_series` of all measures
    """
    curves = set(compared["curve"])
    said: dict[str, Any] = {
        path.stem: configuration.naive_fifo(path) for path in files if path.stem in curves
    }
    by_id = {measure.id: measure for measure in measures}
    rows = []
    for row in compared.iter_rows(named=True):
        measure = by_id[row["measure"]]
        value = said.get(row["curve"], {}).get(measure.column, {}).get(str(row["cores"]))
        if value is not None:
            naive = value * measure.scale
            error = errors.relative_percent(naive, row["published"])
            rows.append(
                (*(row[key] for key in ("measure", "curve", "cores", "role")), naive, error)
            )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
