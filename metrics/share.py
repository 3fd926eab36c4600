"""How much of an operation's time goes to something."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from sim.experiment.evidence import Evidence
from sim.experiment.fields import Cores, CurveId, Mode
from sim.experiment.metric import Metric


class Share(Metric):
    """Share of an operation's cycles charged to an object, a cause or a mode."""

    kind: Literal["share"]
    curve: CurveId
    cores: Cores
    object: str | None = None
    cause: str | None = None
    mode: Mode | None = None

    @model_validator(mode="after")
    def _selects_something(self) -> Share:
        if self.object is None and self.cause is None and self.mode is None:
            raise ValueError("a share needs an object, a cause or a mode")
        return self

    def measured(self, evidence: Evidence) -> float:
        """Share of all cycles of one operation."""
        import polars as pl

        mine = evidence.account_of(self.curve, self.cores)
        for column in ("object", "cause", "mode"):
            wanted = getattr(self, column)
            if wanted is not None:
                mine = mine.filter(pl.col(column) == wanted)
        return float(mine["share"].sum())

    def describe(self) -> str:
        """Say of what, in whose cycles."""
        from analysis.wording import counted, name_of

        parts = [part for part in (self.mode, self.object, self.cause) if part is not None]
        whose = f"{name_of(self.curve)}'s cycles at {counted(self.cores)}"
        return f"share of {name_of(': '.join(parts))} in {whose}"
