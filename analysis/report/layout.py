"""What templates lay out: tables of text cells, and numbers as cells."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.wording import number

NONE = "–"
"""What a cell says where there is no number."""


@dataclass(frozen=True)
class Table:
    """A table: header cells and rows of text cells; `numeric` columns are set flush right."""

    header: list[str]
    rows: list[list[str]]
    numeric: list[bool] = field(default_factory=list)

    def without_empty_columns(self) -> Table:
        """The table without the columns that say nothing in any row; all of one without rows."""
        if not self.rows:
            return self
        said = [any(row[i] not in ("", NONE) for row in self.rows) for i in range(len(self.header))]
        kept = [i for i, says in enumerate(said) if says]
        rows = [[row[i] for i in kept] for row in self.rows]
        return Table([self.header[i] for i in kept], rows, [self.numeric[i] for i in kept])


def figure_of(value: float | None) -> str:
    """A number for a table cell; empty for none."""
    return "" if value is None else number(value)


def fixed(value: float | None, digits: int = 1) -> str:
    """A number with a fixed count of decimals for a table cell; empty for none."""
    return "" if value is None else f"{value:,.{digits}f}".replace("-", "−")
