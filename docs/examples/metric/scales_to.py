"""How far a curve scales: up to where a core more is worth most of what the first ones are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sim.experiment.evidence import Evidence
from sim.experiment.fields import CurveId
from sim.experiment.metric import Metric

if TYPE_CHECKING:
    from sim.experiment.file import Experiment


class ScalesTo(Metric):
    """Most cores up to which throughput per core keeps a share of that on the fewest."""

    kind: Literal["scales_to"]
    curve: CurveId
    share: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.9, description="of the throughput per core on the fewest cores"
    )

    def check(self, experiment: Experiment, where: str) -> None:
        """Check that there are core counts to compare."""
        if experiment.cores is not None and len(experiment.cores) < 2:
            raise ValueError(f"{where}: a curve with one core count does not scale to any")

    def measured(self, evidence: Evidence) -> float:
        """The last core count before throughput per core first falls below the share."""
        per_core = evidence.means(self.curve, "throughput_per_core")
        last, *more = per_core
        enough = self.share * per_core[last]
        for cores in more:
            if per_core[cores] < enough:
                break
            last = cores
        return float(last)

    def describe(self) -> str:
        """Say of which curve, and what is enough."""
        return f"cores up to which {self.curve} keeps {self.share:.0%} of its throughput per core"
