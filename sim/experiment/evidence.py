"""What metrics and views are computed over: tables of results, as the analysis hands them over.

The analysis makes them (`analysis/read/results.py`, `analysis/judge/evidence.py`); here stands what
a metric or a view may ask of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl


class NotRunError(Exception):
    """The results lack what a metric needs; the text says what."""


class Results(Protocol):
    """Results of an experiment's curves."""

    @property
    def points(self) -> pl.DataFrame:
        """One row per curve, variant, core count and replication: `sim.experiment.columns`."""

    @property
    def account(self) -> pl.DataFrame:
        """The same for each mode, object and cause: cycles per operation."""

    @property
    def shares(self) -> pl.DataFrame:
        """Mean cycles and share of each mode, object and cause, by curve and cores, unchanged."""


class Evidence(Protocol):
    """Results, and how they compare with published series."""

    @property
    def points(self) -> pl.DataFrame:
        """See `Results`."""

    @property
    def shares(self) -> pl.DataFrame:
        """See `Results`."""

    @property
    def errors(self) -> pl.DataFrame:
        """Points that are both simulated and published: `analysis.judge.errors.POINTS`."""

    @property
    def published(self) -> Mapping[tuple[str, str], set[int]]:
        """Core counts published and not left out, by (measure, curve)."""

    @property
    def fitted(self) -> frozenset[tuple[str, int]]:
        """(curve, cores) of the points that a calibration used."""

    def mean(
        self, curve: str, column: str, cores: int, at: Mapping[str, object] | None = None
    ) -> float:
        """Mean of a column over replications at one point.

        Args:
            at: values of other axes.

        Raises:
            NotRunError: there is no such point, or no such column.
        """

    def by_seed(
        self, curve: str, column: str, cores: int, at: Mapping[str, object] | None = None
    ) -> dict[int, float]:
        """Value of a column in each replication of one point, by its seed.

        Args:
            at: values of other axes.

        Raises:
            NotRunError: there is no such point, or no such column.
        """

    def means(self, curve: str, column: str) -> dict[int, float]:
        """Mean of a column by core count, of the plain curve, ascending.

        Raises:
            NotRunError: the curve was not run, or there is no such column.
        """

    def account_of(self, curve: str, cores: int) -> pl.DataFrame:
        """Shares of one point.

        Raises:
            NotRunError: there is no such point.
        """
