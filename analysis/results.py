"""What the curves of an experiment left behind: points and account, and the shares of cycles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from analysis import breakdown


@dataclass(frozen=True)
class Results:
    """Tables as `tidy.read_points` and `tidy.read_account` read them."""

    points: pl.DataFrame
    account: pl.DataFrame

    @cached_property
    def shares(self) -> pl.DataFrame:
        """See `breakdown.shares`."""
        return breakdown.shares(self.account)
