"""Where a curve turns: beyond this core count it loses."""

from __future__ import annotations

from typing import Literal

from sim.experiment.evidence import Evidence
from sim.experiment.fields import ColumnName, CurveId
from sim.experiment.metric import Metric


class PeakCores(Metric):
    """Core count at which a column is greatest."""

    kind: Literal["peak_cores"]
    curve: CurveId
    column: ColumnName

    def measured(self, evidence: Evidence) -> float:
        """The fewest cores with the greatest mean."""
        means = evidence.means(self.curve, self.column)
        return float(max(means, key=lambda cores: (means[cores], -cores)))

    def describe(self) -> str:
        """Say of which column and curve."""
        from analysis.wording import name_of

        return f"core count with the highest {name_of(self.column)} of {name_of(self.curve)}"
