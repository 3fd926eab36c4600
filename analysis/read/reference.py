"""Published numbers: the CSV files under `reference/`, never written by the project."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sim.config.errors import ConfigError
from sim.experiment import references
from sim.experiment.references import Roots

ROOT = references.REFERENCE
COLUMNS = ("x", "y", "series")


class ReferenceError(Exception):
    """A published series that an experiment names cannot be read."""


@dataclass(frozen=True)
class Published:
    """One published point: `x` is a core count, `y` in the unit of the paper's axis."""

    x: float
    y: float


def table(file: str, root: Roots = None) -> pl.DataFrame:
    """Read one file of published numbers; every column is text.

    Raises
    ------
    ReferenceError : it does not exist, or is damaged
    """
    try:
        found = references.read(file, root)
    except ConfigError as error:
        raise ReferenceError(str(error)) from None
    rows = [row for _, row in found.rows]
    return pl.DataFrame(rows, schema=dict.fromkeys(found.columns, pl.String), orient="row")


def series(
    file: str, name: str | None, columns: tuple[str, str, str] = COLUMNS, root: Roots = None
) -> list[Published]:
    """Read one published series, ascending in x.

    Parameters
    ----------
    file : path under `reference/`
    name : value of the series column; without one, or without that column, all rows are one series
    columns : of the core count, the value and the series

    Raises
    ------
    ReferenceError : the file, a column or the series does not exist
    """
    try:
        read = references.read(file, root)
        found = references.points(read, name, columns, read.origin)
    except ConfigError as error:
        raise ReferenceError(str(error)) from None
    return [Published(float(x), y) for x, y in found]
