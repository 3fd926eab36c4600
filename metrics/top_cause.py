"""What takes most: the object that an operation's cycles go to."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.experiment.evidence import Evidence, NotRunError
from sim.experiment.fields import Cores, CurveId, Mode
from sim.experiment.metric import Metric

NOTHING = "nothing"
"""What is named where no object has the share that a claim asks for."""


class TopCause(Metric):
    """Name of the object with the largest share of an operation's cycles."""

    gives_a_name: ClassVar[bool] = True

    kind: Literal["top_cause"]
    curve: CurveId
    cores: Cores
    mode: Mode | None = None
    cause: str | None = None
    at_least: float = Field(
        default=0.0, ge=0, le=1, description="share of all cycles below which nothing is named"
    )

    def measured(self, evidence: Evidence) -> str:
        """Name of the object; of equals the first in the alphabet."""
        import polars as pl

        mine = evidence.account_of(self.curve, self.cores)
        for column, wanted in (("mode", self.mode), ("cause", self.cause)):
            if wanted is not None:
                mine = mine.filter(pl.col(column) == wanted)
        ranked = (
            mine.group_by("object")
            .agg(pl.col("share").sum())
            .sort(["share", "object"], descending=[True, False])
        )
        if ranked.is_empty():
            raise NotRunError(f"{self.curve} charges no such cycles at {self.cores} cores")
        return str(ranked["object"][0]) if ranked["share"][0] >= self.at_least else NOTHING

    def describe(self) -> str:
        """Say among which cycles, of what, and where."""
        from analysis.wording import counted, name_of

        kinds = [kind for kind in (self.mode, self.cause) if kind is not None]
        among = f" in {name_of(' '.join(kinds))}" if kinds else ""
        whose = f"{name_of(self.curve)} at {counted(self.cores)}"
        return f"object with most cycles{among}, {whose}"
