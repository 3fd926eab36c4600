"""The plainest metric: a value as the results have it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.experiment.evidence import Evidence
from sim.experiment.fields import AxisValues, ColumnName, Cores, CurveId
from sim.experiment.metric import Metric


class Point(Metric):
    """Value of a column at one core count."""

    kind: Literal["point"]
    curve: CurveId
    column: ColumnName
    cores: Cores
    at: AxisValues = Field(default_factory=dict, description="values of other axes")

    def measured(self, evidence: Evidence) -> float:
        """Mean over replications."""
        return evidence.mean(self.curve, self.column, self.cores, self.at)

    def describe(self) -> str:
        """Say which column, of which curve, and where."""
        from analysis.wording import counted, name_of

        return f"{name_of(self.column)} of {name_of(self.curve)} at {counted(self.cores)}"
