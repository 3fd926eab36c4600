"""Measured latencies between CPUs: a CSV file as a symmetric matrix.

The format is that of core-to-core-latency: row and column are the operating system's CPU numbers,
no header, a cell is the nanoseconds of one message between the two CPUs (half of the round trip
in which they set and clear one word by compare-and-swap). One triangle is enough; where both have
a cell, their mean counts. Empty cells, `nan` and 0 are pairs that were not measured: no message
takes no time, and tools write 0 where a pair's measurement failed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.config.errors import ConfigError, message, show
from sim.machine_import.text import plain, read_text

Floats = NDArray[np.float64]

MAXIMUM_CPUS = 1024
LARGEST_NS = 1e6
# Of all pairs; below it, groups would be guessed rather than found.
LEAST_SHARE_MEASURED = 0.5
# Median over the pairs measured both ways, relative to their mean. Noise is a few percent.
LARGEST_ASYMMETRY = 0.25


def read_matrix(path: Path, origin: str) -> Floats:
    """Read latencies in ns: float[cpus, cpus], symmetric, NaN where nothing was measured.

    Raises:
        ConfigError: if the file is no such matrix.
    """
    lines = read_text(path, origin).splitlines()
    rows = [line.split(",") for line in lines if line.strip()]
    if not 2 <= len(rows) <= MAXIMUM_CPUS:
        raise ConfigError(
            message(
                origin,
                f"{len(rows)} rows of latencies",
                f"allowed: 2 to {MAXIMUM_CPUS}, one for each CPU",
            )
        )
    _check_shape(rows, origin)
    given = np.full((len(rows), len(rows)), np.nan)
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            if i != j:
                given[i, j] = _number(cell, f"{origin}: row {i + 1}, column {j + 1}")
    return _symmetric(given, origin)


def _check_shape(rows: list[list[str]], origin: str) -> None:
    """Check that every row has a cell for each CPU, or in a triangle for those up to its own.

    A triangle's rows may end before the diagonal.
    """
    n = len(rows)
    triangle = len(rows[0]) == 1 and sum(len(row) == n for row in rows) <= 1
    for i, row in enumerate(rows):
        allowed = (i, i + 1) if triangle else (n,)
        if len(row) not in allowed:
            raise ConfigError(
                message(
                    f"{origin}: row {i + 1}",
                    f"{len(row)} value{'s' * (len(row) > 1)}, expected {allowed[-1]} "
                    f"(the file has {n} rows)",
                    "allowed: as many values in every row as there are rows, or a triangle",
                )
            )


def _number(cell: str, origin: str) -> float:
    """Read one cell; NaN if nothing was measured."""
    text = cell.strip()
    if text.lower() in ("", "nan"):
        return np.nan
    try:
        value = float(text)
    except ValueError:
        raise ConfigError(
            message(
                origin,
                f"{show(plain(text))} is not a number",
                "allowed: a latency in ns, or an empty cell",
            )
        ) from None
    if value == 0:
        return np.nan
    if not 0 < value <= LARGEST_NS:
        raise ConfigError(
            message(
                origin,
                f"{show(plain(text))} ns is out of range",
                f"allowed: more than 0, up to {LARGEST_NS:g}",
            )
        )
    return value


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
