"""How two switches depend on one another: what both bring, over what each brings alone.

    interaction = both x neither / (first x second)

1: each gains as much with the other as without it. Above 1: fixing one alone gains little, and both
together more than their product. Below 1: they mend the same thing.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from pydantic import Field

from sim.experiment.evidence import Evidence, NotRunError
from sim.experiment.fields import ColumnName, Cores, CurveId
from sim.experiment.metric import Metric
from sim.statistics import Interval, interval_of_ratio


class Interaction(Metric):
    """Both switches' gain over the product of their single gains."""

    no_difference: ClassVar[float | None] = 1.0

    kind: Literal["interaction"]
    neither: CurveId = Field(description="curve with both switches off")
    first: CurveId = Field(description="curve with the first switch alone")
    second: CurveId = Field(description="curve with the second switch alone")
    both: CurveId = Field(description="curve with both switches")
    column: ColumnName
    cores: Cores

    def measured(self, evidence: Evidence) -> float:
        """Interaction of the four means over replications."""
        cells = (self.neither, self.first, self.second, self.both)
        neither, first, second, both = (evidence.mean(c, self.column, self.cores) for c in cells)
        if first == 0 or second == 0:
            raise NotRunError(f"{self.column} is 0 at {self.cores} cores")
        return both * neither / (first * second)

    def interval(self, evidence: Evidence) -> Interval:
        """Interaction with its interval, whose width is that of two independent gains."""
        value = self.measured(evidence)

        def gain(above: str, below: str) -> Interval:
            return interval_of_ratio(
                evidence.by_seed(above, self.column, self.cores),
                evidence.by_seed(below, self.column, self.cores),
            )

        gains = gain(self.both, self.second), gain(self.first, self.neither)
        width = math.hypot(*(math.log(g.high / g.low) / 2 for g in gains))
        return Interval(value, value * math.exp(-width), value * math.exp(width))

    def describe(self) -> str:
        """Name the four curves."""
        from analysis.wording import counted, name_of

        return (
            f"{name_of(self.column)} at {counted(self.cores)}: {name_of(self.both)} x "
            f"{name_of(self.neither)} over {name_of(self.first)} x {name_of(self.second)}"
        )
