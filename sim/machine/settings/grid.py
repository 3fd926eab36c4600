"""Links of packages in rows and columns: a mesh, or a torus, whose rows and columns are rings.

Packages are numbered row by row. A ring of two packages has one link, not two.
"""

from __future__ import annotations

from collections.abc import Iterator

Grid = tuple[int, int]
"""Rows and columns."""


def grid_links(grid: Grid, *, wraps: bool) -> list[tuple[int, int]]:
    """Undirected links between neighbours of a grid, as ascending pairs of package numbers."""
    rows, columns = grid

    def neighbours(row: int, column: int) -> Iterator[tuple[int, int]]:
        if wraps or column + 1 < columns:
            yield row, (column + 1) % columns
        if wraps or row + 1 < rows:
            yield (row + 1) % rows, column

    found = {
        tuple(sorted((row * columns + column, r * columns + c)))
        for row in range(rows)
        for column in range(columns)
        for r, c in neighbours(row, column)
        if (r, c) != (row, column)
    }
    return sorted((a, b) for a, b in found)
