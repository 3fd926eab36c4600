"""Published numbers: the CSV files under `reference/`, never written by the project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parent.parent / "reference"


class ReferenceError(Exception):
    """A published series that an experiment names cannot be read."""


@dataclass(frozen=True)
class Published:
    """One published point: `x` is a core count, `y` in the unit of the paper's axis."""

    x: float
    y: float


def series(
    file: str,
    name: str | None,
    x_column: str = "x",
    y_column: str = "y",
    root: Path = ROOT,
    series_column: str = "series",
) -> list[Published]:
    """Read one published series, ascending in x.

    Parameters
    ----------
    file : path under `reference/`
    name : value of the series column; None takes every row (files without that column)
    x_column, y_column, series_column : names of the columns

    Raises
    ------
    ReferenceError : the file, a column or the series does not exist
    """
    path = root / file
    if not path.is_file():
        raise ReferenceError(f"reference/{file}: no such file")
    table = pl.read_csv(path, infer_schema_length=None)
    for column in (x_column, y_column):
        if column not in table.columns:
            raise ReferenceError(
                f"reference/{file}: no column {column!r}; it has {', '.join(table.columns)}"
            )
    if name is not None and series_column in table.columns:
        names = table[series_column].unique(maintain_order=True).to_list()
        if name not in names:
            raise ReferenceError(f"reference/{file}: no series {name!r}; it has {', '.join(names)}")
        table = table.filter(pl.col(series_column) == name)
    rows = table.select(
        pl.col(x_column).cast(pl.Float64).alias("x"), pl.col(y_column).cast(pl.Float64).alias("y")
    ).sort("x", maintain_order=True)
    return [Published(x, y) for x, y in rows.iter_rows()]
