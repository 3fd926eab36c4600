"""What the curves of an experiment left behind: points and account, and the shares of cycles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from analysis.read import breakdown
from sim.experiment.file import Experiment


@dataclass(frozen=True)
class Results:
    """Tables as `tidy.read_points` and `tidy.read_account` read them."""

    points: pl.DataFrame
    account: pl.DataFrame

    @cached_property
    def shares(self) -> pl.DataFrame:
        """See `breakdown.shares`."""
        return breakdown.shares(self.account)


def points_files(experiment: Experiment, folder: Path) -> dict[str, Path]:
    """Parquet file of every curve, its own or another experiment's, in a folder of results."""
    return {
        curve.id: folder / f"{curve.of or f'{experiment.name}/{curve.id}'}.parquet"
        for curve in experiment.curves
    }
