"""What metrics are computed over: the results of an experiment, beside what was published.

What a metric may ask of it stands in `sim/experiment/evidence.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from analysis.read import tidy
from sim.config.errors import show
from sim.experiment.evidence import NotRunError
from sim.experiment.variation import BASE, Variation


@dataclass(frozen=True)
class Evidence:
    """What metrics are evaluated over.

    points : one row per replication (`tidy.read_points`)
    shares : `breakdown.shares`
    errors : points of all measures (`errors.compare_series`), concatenated
    published : (measure, curve) -> core counts published and not left out: an error claim is about
        all of them
    fitted : (curve, cores) of the points that some measure marks as used in a calibration
    """

    points: pl.DataFrame
    shares: pl.DataFrame
    errors: pl.DataFrame
    published: Mapping[tuple[str, str], set[int]] = field(default_factory=dict)
    fitted: frozenset[tuple[str, int]] = frozenset()

    def mean(
        self, curve: str, column: str, cores: int, at: Mapping[str, object] | None = None
    ) -> float:
        """Mean over replications, on whatever machine has so many cores, at values of other axes.

        Raises
        ------
        NotRunError : there is no such point, or no such column
        """
        values = [float(v) for v in self._point(curve, column, cores, at or {})[column].to_list()]
        return sum(values) / len(values)

    def by_seed(
        self, curve: str, column: str, cores: int, at: Mapping[str, object] | None = None
    ) -> dict[int, float]:
        """Value of a column in each replication of one point, as `mean` chooses it, by its seed.

        Raises
        ------
        NotRunError : there is no such point, or no such column
        """
        return tidy.by_seed(self._point(curve, column, cores, at or {}), column)

    def _point(self, curve: str, column: str, cores: int, at: Mapping[str, object]) -> pl.DataFrame:
        """Replications of one point."""
        self._require(column)
        rows = self.points.filter((pl.col("curve") == curve) & (pl.col("cores") == cores))
        found = [
            part
            for _, part in rows.group_by(tidy.VARIATION, maintain_order=True)
            if is_at(tidy.variation_of(part.row(0, named=True)), at)
        ]
        if not found:
            words = {key: show(value).strip("'") for key, value in at.items()}
            where = "".join(f", {key}={word}" for key, word in words.items())
            raise NotRunError(f"{curve} was not simulated at {cores} cores{where}")
        plain = [part for part in found if part["variant_kind"][0] == BASE.kind]
        chosen = plain[0] if plain else min(found, key=lambda part: str(part["variant"][0]))
        return chosen

    def means(self, curve: str, column: str) -> dict[int, float]:
        """Mean of a column by core count, of the plain curve, ascending.

        Raises
        ------
        NotRunError : the curve was not run, or there is no such column
        """
        self._require(column)
        summary = tidy.base(tidy.summarise(self.points, column))
        mine = summary.filter(pl.col("curve") == curve).sort("cores")
        if mine.is_empty():
            raise NotRunError(f"{curve} was not simulated")
        return dict(mine.select("cores", "mean").iter_rows())

    def account_of(self, curve: str, cores: int) -> pl.DataFrame:
        """Shares of one point.

        Raises
        ------
        NotRunError : there is no such point
        """
        mine = self.shares.filter((pl.col("curve") == curve) & (pl.col("cores") == cores))
        if mine.is_empty():
            raise NotRunError(f"no account of {curve} at {cores} cores")
        return mine

    def _require(self, column: str) -> None:
        if column not in self.points.columns:
            raise NotRunError(f"the results have no column {column}")


def is_at(variation: Variation, at: Mapping[str, object]) -> bool:
    """Whether a run is the point of the axes at these values, on whatever machine."""
    found = {key: value for key, value in variation.changes.items() if key != "hardware"}
    return (
        variation.is_point_of_axes
        and found.keys() == at.keys()
        and all(_same(found[key], value) for key, value in at.items())
    )


def _same(one: object, other: object) -> bool:
    """Whether two settings are equal: 4 is 4.0, but 1 is not true."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)
