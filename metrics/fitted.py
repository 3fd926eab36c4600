"""What a scalability law makes of a whole curve."""

from __future__ import annotations

from typing import Literal

from sim.experiment.evidence import Evidence, NotRunError
from sim.experiment.fields import CurveId
from sim.experiment.metric import Metric


class Fitted(Metric):
    """A parameter of Amdahl's or the Universal Scalability Law fitted to a curve's throughput."""

    kind: Literal["fitted"]
    curve: CurveId
    law: Literal["amdahl", "usl"]
    parameter: Literal["serial", "crosstalk", "limit", "peak_cores"]

    def measured(self, evidence: Evidence) -> float:
        """Value of the parameter, without its interval."""
        from analysis.judge import fit

        found = fit.of_curve(fit.throughput_of(evidence.points, self.curve), self.law)
        if found is None:
            raise NotRunError(f"{self.curve} has too few core counts for a fit")
        match self.parameter:
            case "serial":
                return found.serial[0]
            case "crosstalk":
                return found.crosstalk[0]
            case "limit":
                return found.limit
            case "peak_cores":
                return found.peak_cores

    def describe(self) -> str:
        """Say which parameter of which law, and of which curve."""
        from analysis.wording import name_of

        return f"{self.parameter} of {self.law} fitted to {name_of(self.curve)}"
