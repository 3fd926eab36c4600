"""What one switch brings: the curve with it flipped, against the curve as it is."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.experiment.evidence import Evidence, NotRunError
from sim.experiment.fields import Cores, CurveId, Switch
from sim.experiment.metric import Metric
from sim.statistics import Interval


class Gain(Metric):
    """Change of throughput when one toggle is flipped, as a fraction of the throughput before."""

    no_difference: ClassVar[float | None] = 0.0

    kind: Literal["gain"]
    curve: CurveId
    toggle: Switch = Field(description="key of the switch")
    cores: Cores

    def measured(self, evidence: Evidence) -> float:
        """Gain over replications that share their seeds."""
        return self.interval(evidence).value

    def interval(self, evidence: Evidence) -> Interval:
        """Gain over replications that share their seeds, with its interval."""
        import polars as pl

        from analysis.read import toggles

        found = toggles.table(evidence.points).filter(
            (pl.col("curve") == self.curve)
            & (pl.col("toggle") == self.toggle)
            & (pl.col("cores") == self.cores)
        )
        if found.is_empty():
            raise NotRunError(f"{self.curve} was not run with {self.toggle} flipped")
        return Interval(*(float(found[end][0]) for end in ("gain", "low", "high")))

    def describe(self) -> str:
        """Say which switch, and where."""
        from analysis.wording import counted, name_of

        whose = f"{name_of(self.curve)} at {counted(self.cores)}"
        return f"gain in throughput from flipping {self.toggle}, {whose}"
