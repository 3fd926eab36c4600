"""Measured latencies between CPUs: a table of text as a symmetric matrix.

The format is that of core-to-core-latency: row and column are the operating system's CPU numbers,
no header, a cell is the nanoseconds of one message between the two CPUs (half of the round trip
in which they set and clear one word by compare-and-swap). One triangle is enough, with or without
its diagonal; where both have a cell, their mean counts. Empty cells, `nan` and 0 are pairs that
were not measured: no message takes no time, and tools write 0 where a pair's measurement failed.

Read as well, and said so: columns separated by semicolons, tabs or spaces; headers of CPU numbers;
the table that core-to-core-latency prints on a terminal (`60±1`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.config.errors import ConfigError, message, show
from sim.machine_import.latency_table import Table, table_of
from sim.machine_import.text import plain, read_text

Floats = NDArray[np.float64]

MAXIMUM_CPUS = 1024
LARGEST_NS = 1e6
# Of all pairs; below it, groups would be guessed rather than found.
LEAST_SHARE_MEASURED = 0.5
# Median over the pairs measured both ways, relative to their mean. Noise is a few percent.
LARGEST_ASYMMETRY = 0.25


@dataclass(frozen=True)
class Matrix:
    """Latencies in ns: float[cpus, cpus], symmetric, NaN where nothing was measured.

    `remarks` say how the file was read, where it is not plain.
    """

    ns: Floats
    remarks: tuple[str, ...] = ()


def read_matrix(path: Path, origin: str) -> Matrix:
    """Read latencies.

    Raises:
        ConfigError: if the file is no such matrix.
    """
    table = table_of(read_text(path, origin), origin)
    rows = table.rows
    if not 2 <= len(rows) <= MAXIMUM_CPUS:
        raise ConfigError(
            message(
                origin,
                f"{len(rows)} rows of latencies",
                f"allowed: 2 to {MAXIMUM_CPUS}, one for each CPU",
            )
        )
    placed = _placed(table, origin)
    n = len(placed)
    given = np.full((n, n), np.nan)
    zeros = set()
    for i, row in enumerate(placed):
        for j, cell in row:
            if i != j:
                where = f"{origin}: row {table.lines[i]}, column {j + 1}"
                given[i, j], zero = _number(cell, where, table)
                if zero:
                    zeros.add((max(i, j), min(i, j)))
    ns = _symmetric(given, origin)
    remarks = [*table.remarks]
    unmeasured = int(np.isnan(ns[np.tril_indices(n, -1)]).sum())
    if unmeasured:
        pairs = n * (n - 1) // 2
        of_these = f", {len(zeros)} of them written as 0" if zeros else ""
        remarks.append(f"{unmeasured} of {pairs} pairs of CPUs were not measured{of_these}.")
    if table.order is not None:
        place = np.argsort(table.order)
        ns = ns[np.ix_(place, place)]
    return Matrix(ns, tuple(remarks))


def _placed(table: Table, origin: str) -> list[list[tuple[int, str]]]:
    """Put the cells of each row into columns: [(column, cell)] by row.

    All rows have a cell for each CPU, or each has as many as a triangle's, whose rows may end
    before the diagonal.
    """
    rows = table.rows
    n = len(rows)
    if all(len(row) == n - i for i, row in enumerate(rows)) and n > 1:  # the upper triangle
        return [[(i + j, cell) for j, cell in enumerate(row)] for i, row in enumerate(rows)]
    triangle = len(rows[0]) <= 1 and sum(len(row) == n for row in rows) <= 1
    for i, row in enumerate(rows):
        allowed = (i, i + 1) if triangle else (n,)
        if len(row) not in allowed:
            raise ConfigError(
                message(
                    f"{origin}: row {table.lines[i]}",
                    f"{len(row)} value{'s' * (len(row) != 1)}, expected {allowed[-1]} "
                    f"(the file has {n} rows)",
                    "allowed: as many values in every row as there are rows, or a triangle",
                )
            )
    return [list(enumerate(row)) for row in rows]


def _number(cell: str, origin: str, table: Table) -> tuple[float, bool]:
    """Read one cell: (ns, whether it was written as 0); NaN if nothing was measured."""
    text = cell.strip()
    if text.lower() in ("", "nan", "-", "n/a", "na", "null", "none"):
        return np.nan, False
    try:
        value = float(text.replace(",", ".") if table.decimal_comma else text)
    except ValueError:
        raise ConfigError(
            message(
                origin,
                f"{show(plain(text))} is not a number",
                "allowed: a latency in ns, or an empty cell",
            )
        ) from None
    if value == 0:
        return np.nan, True
    if np.isnan(value):
        return np.nan, False
    if not 0 < value <= LARGEST_NS:
        raise ConfigError(
            message(
                origin,
                f"{show(plain(text))} ns is out of range",
                f"allowed: more than 0, up to {LARGEST_NS:g}",
            )
        )
    return value, False


def _symmetric(given: Floats, origin: str) -> Floats:
    """Join the two triangles."""
    both = ~np.isnan(given) & ~np.isnan(given.T)
    if both.any():
        apart = 2 * abs(given - given.T) / (given + given.T)
        asymmetry = float(np.median(apart[both]))
        if asymmetry > LARGEST_ASYMMETRY:
            raise ConfigError(
                message(
                    origin,
                    f"not symmetric: the two directions differ by {asymmetry:.0%} (median)",
                    "give one triangle, or latencies that hold for both directions",
                )
            )
    joined = np.where(np.isnan(given), given.T, given)
    joined = np.where(both, (given + given.T) / 2, joined)
    pairs = joined[np.tril_indices(len(joined), -1)]
    measured = 1 - np.isnan(pairs).mean()
    if measured < LEAST_SHARE_MEASURED:
        raise ConfigError(
            message(
                origin,
                f"only {measured:.0%} of all pairs of CPUs were measured",
                f"allowed: at least {LEAST_SHARE_MEASURED:.0%}",
            )
        )
    return joined
