"""How many times one value is another: scaling of a curve, or one curve against another."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.experiment.evidence import Evidence, NotRunError
from sim.experiment.fields import AxisValues, ColumnName, Cores, CurveId, OtherCurve, OverCores
from sim.experiment.metric import Metric
from sim.statistics import Interval, interval_of_ratio


class RatioOfPoints(Metric):
    """Value at one point over the value at another, of the same or of another curve."""

    no_difference: ClassVar[float | None] = 1.0

    kind: Literal["ratio_of_points"]
    curve: CurveId
    column: ColumnName
    cores: Cores
    over_cores: OverCores
    over_curve: OtherCurve = None
    at: AxisValues = Field(
        default_factory=dict, description="values of other axes, the same at both points"
    )

    def measured(self, evidence: Evidence) -> float:
        """Ratio of the two means over replications."""
        over = self.over_curve or self.curve
        below = evidence.mean(over, self.column, self.over_cores, self.at)
        if below == 0:
            raise NotRunError(f"{self.column} of {over} is 0 at {self.over_cores} cores")
        return evidence.mean(self.curve, self.column, self.cores, self.at) / below

    def interval(self, evidence: Evidence) -> Interval:
        """Ratio with its interval; replications of the same seed are compared in pairs."""
        self.measured(evidence)  # refuses a value of 0 below
        return interval_of_ratio(
            evidence.by_seed(self.curve, self.column, self.cores, self.at),
            evidence.by_seed(self.over_curve or self.curve, self.column, self.over_cores, self.at),
        )

    def describe(self) -> str:
        """Name both points."""
        from analysis.wording import counted, name_of

        return (
            f"{name_of(self.column)} of {name_of(self.curve)} at {counted(self.cores)} over "
            f"{name_of(self.over_curve or self.curve)} at {self.over_cores}"
        )
