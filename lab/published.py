"""Published points beside the curves: those of figures that measured the same run.

A curve's run is the same as a figure's if its workload with its settings, its kernel and its
machine are. What else a curve changes (a fix, a cost) is what its reader asks about: the published
points of the run without it stay beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.read import reference
from lab.runs import key_of
from lab.state import SPEED_UP
from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import CHOICE_GROUPS
from sim.config.run import RunConfig
from sim.experiment import papers, series
from sim.experiment.assumptions import without_sources
from sim.experiment.file import Curve, Experiment, Measure
from sim.experiment.plan import load_experiment
from sim.experiment.references import roots


@dataclass(frozen=True)
class Series:
    """One published series.

    Attributes:
        name: paper, figure and series.
        column: of the results that it is compared with.
        points: core counts, ascending, and values in the unit of that column.
    """

    name: str
    column: str
    points: tuple[tuple[float, float], ...]

    def as_measure(self, measure: str) -> tuple[tuple[float, float], ...]:
        """The points as another measure has them; none where that cannot be said."""
        if self.column == measure:
            return self.points
        if (self.column, measure) == ("throughput_per_core", "throughput"):
            return tuple((x, y * x) for x, y in self.points)
        if (self.column, measure) == ("throughput", "throughput_per_core"):
            return tuple((x, y / x) for x, y in self.points)
        if measure == SPEED_UP and self.points[0][0] == 1:
            total = self.as_measure("throughput")
            return tuple((x, y / total[0][1]) for x, y in total)
        return ()


class Library:
    """The published series of all experiments, read step by step: it takes a second for a workload.

    Args:
        folders: the user's own, beside conf/.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = list(folders)
        self._known: dict[str, list[tuple[str, Series]]] = {}
        self._unread: dict[str, list[str]] = {}

    def of(self, words: Sequence[str]) -> list[Series]:
        """Find the series that answer to a curve, among those that have been read."""
        config = self._measured(words)
        same = identity(config)
        found = self._known.get(config.workload.name, [])
        return list(dict.fromkeys(one for other, one in found if other == same))

    def read(self, words: Sequence[str]) -> bool:
        """Read one more experiment of a curve's workload; whether there was one left."""
        workload = self._measured(words).workload.name
        if workload not in self._unread:
            self._unread[workload] = list(series.of_workload(workload, self._folders))
            self._known[workload] = []
        if not self._unread[workload]:
            return False
        name = self._unread[workload].pop()
        try:
            experiment = load_experiment(name, self._folders)
            self._known[workload] += self._of_experiment(experiment, workload)
        except ConfigError:  # a user's own file that is no experiment: `run` says why
            pass
        return True

    def _measured(self, words: Sequence[str]) -> RunConfig:
        """The run of a curve, without what its reader changes of the kernel and the machine."""
        kept = [
            word
            for word in words
            if key_of(word) in CHOICE_GROUPS or key_of(word).startswith("workload.")
        ]
        return compose(kept, self._folders)

    def _of_experiment(self, experiment: Experiment, workload: str) -> Iterator[tuple[str, Series]]:
        for curve in experiment.curves:
            found = [
                self._series(experiment, measure, curve)
                for measure in experiment.measures
                if measure.reference is not None and curve.id in measure.series
            ]
            if not found or curve.of:
                continue
            words = [*experiment.base, *experiment.overrides, *curve.overrides]
            config = compose(words, self._folders)
            if config.workload.name == workload:
                yield from ((identity(config), one) for one in found)

    def _series(self, experiment: Experiment, measure: Measure, curve: Curve) -> Series:
        published = reference.series(
            str(measure.reference),
            measure.series[curve.id],
            measure.reference_columns,
            roots(self._folders),
        )
        points = tuple((point.x, point.y / measure.scale) for point in published)
        paper = papers.load(experiment.paper, self._folders).short
        name = f"{measure.series[curve.id]}, published ({paper} {experiment.artifact})"
        return Series(name, measure.column, points)


def identity(config: RunConfig) -> str:
    """What a published series measured, as text: all but how long and at how many cores."""
    settings = without_sources(config)
    for name in ("run", "cores", "free", "slow"):
        del settings[name]
    settings["order"] = config.core_order
    return json.dumps(settings, sort_keys=True)
