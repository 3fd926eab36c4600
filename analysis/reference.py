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


def table(file: str, root: Path = ROOT) -> pl.DataFrame:
    """Read one file of published numbers.

    Raises
    ------
    ReferenceError : it does not exist, or is damaged
    """
    path = root / file
    if not path.is_file():
        raise ReferenceError(f"reference/{file}: no such file")
    try:
        return pl.read_csv(path, infer_schema_length=None, glob=False)
    except pl.exceptions.PolarsError as error:
        reason = next(iter(str(error).splitlines()), "")
        raise ReferenceError(f"reference/{file}: not a table that can be read ({reason})") from None


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
    rows = table(file, root)
    for column in (x_column, y_column):
        if column not in rows.columns:
            raise ReferenceError(
                f"reference/{file}: no column {column!r}; it has {', '.join(rows.columns)}"
            )
    if name is not None and series_column in rows.columns:
        names = rows[series_column].unique(maintain_order=True).to_list()
        if name not in names:
            found = ", ".join(str(one) for one in names)
            raise ReferenceError(f"reference/{file}: no series {name!r}; it has {found}")
        rows = rows.filter(pl.col(series_column) == name)
    numbers = rows.select(
        pl.col(x_column).cast(pl.Float64, strict=False).alias("x"),
        pl.col(y_column).cast(pl.Float64, strict=False).alias("y"),
    )
    for column, text in ((x_column, numbers["x"]), (y_column, numbers["y"])):
        if not text.is_finite().fill_null(value=False).all():
            raise ReferenceError(f"reference/{file}: {column} is not a number in every row")
    return [Published(x, y) for x, y in numbers.sort("x", maintain_order=True).iter_rows()]
