"""What stops scaling: what an operation costs more of, the more cores there are."""

from __future__ import annotations

from typing import ClassVar, Literal

from sim.experiment.evidence import Evidence, NotRunError
from sim.experiment.fields import Cores, CurveId, Mode, OverCores
from sim.experiment.metric import Metric


class Growth(Metric):
    """Name of the object whose cycles per operation grow most from few cores to many."""

    gives_a_name: ClassVar[bool] = True

    kind: Literal["growth"]
    curve: CurveId
    cores: Cores
    over_cores: OverCores
    mode: Mode | None = None

    def measured(self, evidence: Evidence) -> str:
        """Name of the object; of equals the first in the alphabet."""
        from analysis.read import breakdown

        few = evidence.account_of(self.curve, self.over_cores)
        many = evidence.account_of(self.curve, self.cores)
        grown = breakdown.growth(few, many, self.mode)
        if grown.is_empty():
            raise NotRunError(f"nothing of {self.curve} grows")
        return str(grown["object"][0])

    def describe(self) -> str:
        """Say from where to where, and of which curve."""
        from analysis.wording import counted, name_of

        among = f" in {self.mode} mode" if self.mode else ""
        return (
            f"object whose cycles grow most{among} from {self.over_cores} to "
            f"{counted(self.cores)}, {name_of(self.curve)}"
        )
