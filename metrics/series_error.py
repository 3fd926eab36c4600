"""How far a curve is from what was published: the error that most figures are judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sim.experiment.evidence import Evidence, NotRunError
from sim.experiment.fields import CoreCount, CurveId, Name, Names
from sim.experiment.metric import Metric, Points

if TYPE_CHECKING:
    from sim.experiment.file import Experiment


class SeriesError(Metric):
    """Relative error of a curve against its published series: mean or maximum of |error|."""

    kind: Literal["series_error"]
    measure: Name
    curve: CurveId
    statistic: Literal["mean", "max"]
    cores: Annotated[list[CoreCount] | None, Names("cores")] = Field(
        default=None, description="core counts that count; default: all but the excluded ones"
    )

    def check(self, experiment: Experiment, where: str) -> None:
        """Check that the measure compares the curve with a published series."""
        measures = {measure.id: measure for measure in experiment.measures}
        measure = measures.get(self.measure)
        if measure is None:
            raise ValueError(f"{where}: no measure '{self.measure}'")
        if self.curve not in measure.series:
            raise ValueError(
                f"{where}: measure '{measure.id}' has no published series for curve '{self.curve}'"
            )

    def measured(self, evidence: Evidence) -> float:
        """Mean or largest absolute error as a fraction of the published values."""
        import polars as pl

        from analysis.judge import errors

        points = evidence.errors
        mine = points.filter((pl.col("measure") == self.measure) & (pl.col("curve") == self.curve))
        simulated = set(mine["cores"].to_list())
        if self.cores is None:
            mine = mine.filter(~pl.col("left_out"))
            missing = sorted(self._published(evidence) - set(mine["cores"].to_list()))
            if missing:
                raise NotRunError(f"{self.curve} was not simulated at cores {missing}")
        else:
            missing = sorted(set(self.cores) - simulated)
            if missing:
                raise NotRunError(
                    f"{self.curve} has no simulated and published point at cores {missing}"
                )
            mine = mine.filter(pl.col("cores").is_in(list(self.cores)))
        if mine.is_empty():
            raise NotRunError(f"{self.curve} shares no point with the published series")
        value = errors.statistics(mine)[f"{self.statistic}_absolute_percent"]
        assert value is not None
        return float(value) / 100.0

    def _published(self, evidence: Evidence) -> set[int]:
        """Core counts that an error over the whole series is about."""
        return evidence.published.get((self.measure, self.curve), set())

    def points(self, evidence: Evidence) -> Points:
        """Those that it names, or the whole series."""
        return {(self.curve, cores) for cores in self.cores or self._published(evidence)}

    def describe(self) -> str:
        """Say which error, of what, and where if not everywhere."""
        from analysis.wording import name_of

        where = f" at cores {', '.join(map(str, self.cores))}" if self.cores else ""
        what = f"{name_of(self.measure)}, {name_of(self.curve)}"
        return f"{self.statistic} absolute error of {what}{where}"
