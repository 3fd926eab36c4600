"""Published numbers under `reference/`: read here for the plan and for the analysis alike.

A table is comma-separated text under a heading. What an experiment names is checked before any of
its curves runs, by the functions that the analysis reads it with later, so that no job fails on a
table that the plan took. `reference/accuracy.csv` says of a table how exactly it was read; a user's
own need not stand there.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sim.config.errors import ConfigError, FileError, message, show, suggestion
from sim.config.files import CONF, folders
from sim.experiment.file import Experiment, Measure
from sim.experiment.view import View

REFERENCE = CONF.parent / "reference"
SERIES = "series"
ACCURACY = "accuracy.csv"
ACCURACY_COLUMNS = ("file", "how", "accuracy", "unit")
LARGEST = 1e15
MOST_CORES = 4096
Roots = Path | Sequence[Path] | None
"""Folders of published numbers; none: the project's own."""


@dataclass(frozen=True)
class Table:
    """A table of text.

    Attributes:
        name: of the file, under `reference/`.
        columns: their names.
        rows: by column, each with the line that it ends on.
        origin: the file, for messages.
    """

    name: str
    columns: list[str]
    rows: list[tuple[int, dict[str, str]]]
    origin: str

    def place(self, line: int, column: str) -> str:
        """A value's place, for messages."""
        return f"{self.origin}, line {line}: {column}"

    def require_columns(self, wanted: Sequence[str], origin: str) -> None:
        """Check that columns exist, for whoever asks for them."""
        for column in wanted:
            if column not in self.columns:
                raise ConfigError(
                    message(
                        origin,
                        f"{self.name} has no column {show(column)}",
                        suggestion(column, self.columns),
                    )
                )

    def values(self, column: str) -> set[str]:
        """What stands in a column."""
        return {row[column] for _, row in self.rows}

    def require_in(
        self, known: Iterable[str], column: str, wanted: Iterable[str], origin: str
    ) -> None:
        """Check that names stand in a column, for whoever looks for them there.

        Args:
            known: names in the column.
        """
        names = sorted(known)
        for name in wanted:
            if name not in names:
                what = f"{self.name}: no {show(name)} in column {column}"
                raise ConfigError(message(origin, what, suggestion(name, names)))


def roots(config_dirs: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Folders of published numbers: the project's, and `reference/` in each of the user's own."""
    return (REFERENCE, *(folder / "reference" for folder in folders(config_dirs)[1:]))


def named(root: Path, name: str) -> str:
    """Name a file for messages: short under the project's `reference/`, else in full."""
    return f"reference/{name}" if root == REFERENCE else str(root / name)


def find(name: str, root: Roots = None, origin: str = "") -> tuple[Path, str]:
    """Find a file of published numbers.

    Args:
        name: file under one of the folders.
        root: folders to look in; default: the project's `reference/`.
        origin: who asks for it, for messages.

    Returns:
        its path, and its name for messages.

    Raises:
        ConfigError: it is in none of them, or in two.
    """
    places = [REFERENCE] if root is None else [root] if isinstance(root, Path) else list(root)
    inside = PurePosixPath(name)
    able = not inside.is_absolute() and ".." not in inside.parts
    found = [place for place in places if able and (place / name).is_file()]
    if not found:
        known = [
            path.relative_to(place).as_posix()
            for place in places
            for path in sorted(place.rglob("*.csv"))
        ]
        under = " or ".join(named(place, "") for place in places)
        what = f"no file {show(name)} under {under}" if origin else "no such file"
        raise ConfigError(message(origin or named(places[0], name), what, suggestion(name, known)))
    if len(found) > 1:
        what = f"{named(found[0], name)} has the same name: give one of them another"
        raise ConfigError(message(str(found[1] / name), what))
    return found[0] / name, named(found[0], name)


def read(name: str, root: Roots = None, origin: str = "") -> Table:
    """Read a table.

    Args:
        name: file under one of the folders.
        root: folders to look in; default: the project's `reference/`.
        origin: who asks for it, for messages.

    Raises:
        ConfigError: it is not there, or not a table.
    """
    path, where = find(name, root, origin)
    try:
        # A spreadsheet may put a mark before the heading.
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, row) for row in reader if row]
    except (OSError, UnicodeError, csv.Error) as error:
        of = FileError if isinstance(error, OSError) else ConfigError
        raise of(message(where, f"not a table that can be read ({error})")) from None
    if not lines:
        raise ConfigError(message(where, "not a table that can be read (it is empty)"))
    (_, columns), *rows = lines
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        raise ConfigError(message(where, f"not a table that can be read (two columns {twice!r})"))
    for line, row in rows:
        if len(row) != len(columns):
            raise ConfigError(
                message(
                    f"{where}, line {line}",
                    f"its number of values is {len(row)}, that of the heading {len(columns)}",
                )
            )
    found_rows = [(line, dict(zip(columns, row, strict=True))) for line, row in rows]
    return Table(name, columns, found_rows, where)


def number(table: Table, line: int, row: dict[str, str], column: str) -> float:
    """A number of a row.

    Raises:
        ConfigError: it is something else, or none that can be computed with.
    """
    try:
        value = float(row[column])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(
            message(table.place(line, column), f"{show(row[column])} is not a number")
        )
    if abs(value) > LARGEST:
        raise ConfigError(
            message(
                table.place(line, column),
                f"{show(row[column])} is out of range",
                f"allowed: -{LARGEST:g} to {LARGEST:g}",
            )
        )
    return value


def compared(table: Table, line: int, row: dict[str, str], column: str) -> float:
    """A number that errors are relative to.

    Raises:
        ConfigError: it is none, or 0.
    """
    value = number(table, line, row, column)
    if value == 0:
        raise ConfigError(message(table.place(line, column), "no error is relative to 0"))
    return value


def points(
    table: Table, series: str | None, columns: tuple[str, str, str], origin: str
) -> list[tuple[int, float]]:
    """Core counts and values of one published series, ascending.

    Args:
        series: its name; without one, or without that column, all rows are one series.
        columns: of the core count, the value and the series' name.
        origin: who asks for it, for messages.

    Raises:
        ConfigError: a column, the series or a value is not as it should be.
    """
    x_column, y_column, series_column = columns
    chosen = [] if series_column == SERIES else [series_column]
    table.require_columns([x_column, y_column, *chosen], origin)
    found: dict[int, float] = {}
    for line, row in _rows(table, series, series_column, origin):
        cores = number(table, line, row, x_column)
        wrong, allowed = "", ""
        if not (cores.is_integer() and 1 <= cores <= MOST_CORES):
            wrong = f"{show(row[x_column])} is not a number of cores"
            allowed = f"allowed: whole numbers from 1 to {MOST_CORES}"
        elif round(cores) in found:
            wrong = f"a second value at {round(cores)} cores"
            allowed = f"the column {series_column} tells series apart"
        if wrong:
            raise ConfigError(message(table.place(line, x_column), wrong, allowed))
        found[round(cores)] = compared(table, line, row, y_column)
    return sorted(found.items())


def _rows(
    table: Table, series: str | None, column: str, origin: str
) -> list[tuple[int, dict[str, str]]]:
    """Rows of one series."""
    if series is None or column not in table.columns:
        return table.rows
    found = [(line, row) for line, row in table.rows if row[column] == series]
    if not found:
        known = dict.fromkeys(row[column] for _, row in table.rows)
        what = f"{table.name} has no series {show(series)}"
        raise ConfigError(message(origin, what, suggestion(series, known)))
    return found


def accuracies(root: Roots = None) -> dict[str, tuple[str, float | None, str | None]]:
    """How the numbers of each listed table were read, how exactly, and in which unit.

    A user's own folder may have a list of its own.

    Raises:
        ConfigError: the list is not one.
    """
    if root is None or isinstance(root, Path):
        return _accuracies(root)
    first, *others = root
    found = _accuracies(first)
    for place in others:
        if (place / ACCURACY).is_file():
            found |= _accuracies(place)
    return found


def _accuracies(root: Path | None) -> dict[str, tuple[str, float | None, str | None]]:
    table = read(ACCURACY, root)
    table.require_columns(ACCURACY_COLUMNS, table.origin)
    return {
        row["file"]: (
            row["how"],
            number(table, line, row, "accuracy") if row["accuracy"] else None,
            row["unit"] or None,
        )
        for line, row in table.rows
    }


def require(
    experiment: Experiment, locate: Callable[[str], str], config_dirs: Sequence[Path] = ()
) -> None:
    """Check every table that an experiment names, and what it takes from it.

    Args:
        locate: where a key of the experiment stands, for messages.
    """
    places = roots(config_dirs)
    tables = list(_named(experiment))
    for key, item, name in tables:
        origin = locate(key)
        table = read(name, places, origin)
        if isinstance(item, Measure):
            table.require_columns(item.reference_columns[:2], origin)
            for series in sorted(set(item.series.values())):
                points(table, series, item.reference_columns, origin)
        else:
            table.require_columns(item.reference_columns, origin)
            item.check_published(table, origin)
    if tables:
        accuracies(places)


def _named(experiment: Experiment) -> Iterator[tuple[str, Measure | View, str]]:
    """Measures and views that name a table: key, thing, and the table."""
    sections: dict[str, Sequence[Measure | View]] = {
        "measures": experiment.measures,
        "views": experiment.views,
    }
    for key, items in sections.items():
        for index, item in enumerate(items):
            name = getattr(item, "reference", None)
            if name is not None:
                yield f"{key}[{index}].reference", item, name
