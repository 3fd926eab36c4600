"""What templates lay out: tables of text cells, and numbers as cells."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.wording import number


@dataclass(frozen=True)
class Table:
    """A table: header cells and rows of text cells; `numeric` columns are set flush right."""

    header: list[str]
    rows: list[list[str]]
    numeric: list[bool] = field(default_factory=list)


def figure_of(value: float | None) -> str:
    """A number for a table cell; empty for none."""
    return "" if value is None else number(value)


def fixed(value: float | None, digits: int = 1) -> str:
    """A number with a fixed count of decimals for a table cell; empty for none."""
    return "" if value is None else f"{value:,.{digits}f}".replace("-", "−")
