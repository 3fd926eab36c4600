"""How far apart two values are: for costs that add up, such as latencies."""

from __future__ import annotations

from typing import ClassVar, Literal

from sim.experiment.evidence import Evidence
from sim.experiment.fields import ColumnName, Cores, CurveId, OtherCurve, OverCores
from sim.experiment.metric import Metric
from sim.statistics import Interval, interval_of_difference


class DifferenceOfPoints(Metric):
    """Value at one point less the value at another, of the same or of another curve."""

    no_difference: ClassVar[float | None] = 0.0

    kind: Literal["difference_of_points"]
    curve: CurveId
    column: ColumnName
    cores: Cores
    over_cores: OverCores
    over_curve: OtherCurve = None

    def measured(self, evidence: Evidence) -> float:
        """Difference of the two means over replications."""
        above = evidence.mean(self.curve, self.column, self.cores)
        return above - evidence.mean(self.over_curve or self.curve, self.column, self.over_cores)

    def interval(self, evidence: Evidence) -> Interval:
        """Difference with its interval; replications of the same seed are compared in pairs."""
        return interval_of_difference(
            evidence.by_seed(self.curve, self.column, self.cores),
            evidence.by_seed(self.over_curve or self.curve, self.column, self.over_cores),
        )

    def describe(self) -> str:
        """Name both points."""
        from analysis.wording import counted, name_of

        return (
            f"{name_of(self.column)} of {name_of(self.curve)} at {counted(self.cores)} less "
            f"{name_of(self.over_curve or self.curve)} at {self.over_cores}"
        )
