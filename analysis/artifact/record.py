"""What one experiment's results say: all that its pages show, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from analysis.judge.claims import Verdict
from sim.experiment import papers
from sim.experiment.file import Experiment
from sim.experiment.papers import Paper
from sim.experiment.references import Roots

PUBLISHED = {
    "curve": pl.String,
    "series": pl.String,
    "cores": pl.Float64,
    "published": pl.Float64,
    "role": pl.String,
}


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """What one experiment's results say.

    present : ids of the curves that have results
    summaries : measure id -> `tidy.summarise` in the measure's unit
    published : measure id -> all published points of its series, simulated or not
    error_points, errors : `errors.compare_series` of all measures, and its summary
    null : `null_model.table`
    naive : `naive_fifo.table`
    speedup : `speedup.table`, empty without a point at one core
    shares : `breakdown.shares`
    verdicts : one per claim
    views : view id -> its table
    timeline : what the trace shows, in words; empty without one
    references : folders of published numbers
    """

    experiment: Experiment
    present: frozenset[str]
    summaries: dict[str, pl.DataFrame]
    published: dict[str, pl.DataFrame]
    error_points: pl.DataFrame
    errors: pl.DataFrame
    null: pl.DataFrame
    naive: pl.DataFrame
    speedup: pl.DataFrame
    shares: pl.DataFrame
    verdicts: list[Verdict]
    views: dict[str, pl.DataFrame]
    timeline: str = ""
    references: Roots = None

    @property
    def paper(self) -> Paper:
        """Paper that the experiment belongs to."""
        return papers.of_experiment(self.experiment)

    @property
    def curves(self) -> list[tuple[str, str]]:
        """(id, label) of the curves that have results, in the experiment's order."""
        return [(c.id, c.label) for c in self.experiment.curves if c.id in self.present]


@dataclass(frozen=True, kw_only=True)
class Analysed(Artifact):
    """The same with the results that it was made from, which are not kept a second time.

    points : one row per replication
    trace : records of the experiment's timeline, None without one
    """

    points: pl.DataFrame
    trace: pl.DataFrame | None = None

    @property
    def core_counts(self) -> list[int]:
        """Core counts simulated, ascending."""
        return [int(count) for count in self.points["cores"].unique().sort()]
