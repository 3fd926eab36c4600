"""Rows of a tidy table: columns, and one number in each row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rows:
    """A table: `values` are its rows, in the order of `columns`; `remarks` say what is left out."""

    columns: tuple[str, ...]
    values: list[tuple[str, ...]]
    remarks: tuple[str, ...] = ()


def number(value: float) -> str:
    """Write a number as short as it is exact: 3, 0.5."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
