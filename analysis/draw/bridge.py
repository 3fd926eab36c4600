"""The bridge from polars to seaborn.

seaborn 0.13 knows polars only through the interchange protocol, which polars 2 dropped; a dict of
columns it takes from anyone.
"""

from __future__ import annotations

import polars as pl

Columns = dict[str, list[object]]


def columns(table: pl.DataFrame) -> Columns:
    """A table as the dict of columns that seaborn's `data=` takes."""
    return table.to_dict(as_series=False)
