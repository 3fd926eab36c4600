"""What an object costs in the end: the curve without the time that it takes."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.experiment.evidence import Evidence, NotRunError
from sim.experiment.fields import Cores, CurveId, FreedObject
from sim.experiment.metric import Metric
from sim.statistics import Interval


class Freed(Metric):
    """Change of throughput when an object costs nothing, as a fraction of the plain throughput."""

    no_difference: ClassVar[float | None] = 0.0

    kind: Literal["freed"]
    curve: CurveId
    object: FreedObject = Field(description="object that costs nothing")
    cores: Cores

    def measured(self, evidence: Evidence) -> float:
        """Gain over replications that share their seeds."""
        return self.interval(evidence).value

    def interval(self, evidence: Evidence) -> Interval:
        """Gain over replications that share their seeds, with its interval."""
        import polars as pl

        from analysis.read import what_if
        from analysis.wording import counted

        found = what_if.table(evidence.points).filter(
            (pl.col("curve") == self.curve)
            & (pl.col("object") == self.object)
            & (pl.col("cores") == self.cores)
        )
        if found.is_empty():
            raise NotRunError(
                f"{self.curve} was not run at {counted(self.cores)} with {self.object} freed"
            )
        return Interval(*(float(found[end][0]) for end in ("gain", "low", "high")))

    def describe(self) -> str:
        """Say which object, and where."""
        from analysis.wording import counted, name_of

        whose = f"{name_of(self.curve)} at {counted(self.cores)}"
        return f"gain in throughput if {name_of(self.object)} cost nothing, {whose}"
