"""Simulated values of a calibration's points: in parallel, and each run once.

A run is a configuration at one core count. Several targets may look at one run (throughput and user
time of a curve), and most parameters change few runs, so that what is known already is kept.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing import get_context
from types import TracebackType

import numpy as np

from analysis.read.reference import series
from sim.config.compose import compose
from sim.experiment.assumptions import is_relevant, number_at
from sim.experiment.calibrations import Calibration, Parameter, Target
from sim.fork_server import end_with_parent
from sim.simulate import simulate

Number = int | float
Means = dict[str, float]
"""Columns of a run, each its mean over replications."""

Run = tuple[tuple[str, ...], int]
"""Overrides and a core count."""


@dataclass(frozen=True)
class Point:
    """A published point, and the run that answers to it.

    Attributes:
        target: what names it.
        cores: its core count.
        published: its value, in the reference's unit.
    """

    target: Target
    cores: int
    published: float


def points_of(targets: Sequence[Target]) -> list[Point]:
    """All points that targets name, in their order."""
    found = []
    for target in targets:
        known = {round(p.x): p.y for p in series(target.reference, target.series, target.columns)}
        found += [Point(target, cores, known[cores]) for cores in target.cores]
    return found


def configured(calibration: Calibration) -> list[Number]:
    """Values that `conf/` has for a calibration's parameters, in their order."""
    return [_value(calibration, parameter) for parameter in calibration.parameters]


def _value(calibration: Calibration, parameter: Parameter) -> Number:
    for target in calibration.targets:
        config = compose(target.overrides)
        if parameter.workload in (None, config.workload.name):
            found = number_at(config, parameter.key)
            if found is not None:
                return found
    raise ValueError(f"{parameter.label} is a number of no target")


class Runs(AbstractContextManager["Runs"]):
    """Runs of a calibration's targets, with its parameters at any values."""

    def __init__(self, calibration: Calibration, processes: int | None = None) -> None:
        """Start the processes.

        Args:
            calibration: whose parameters the values are, in their order.
            processes: that simulate; default: one for each of the cores that this one may use.
        """
        self._parameters = calibration.parameters
        self._fixed = calibration.fixed
        self._felt: dict[tuple[str, ...], list[int]] = {}
        self._known: dict[Run, Means | Future[Means]] = {}
        count = processes or len(os.sched_getaffinity(0))
        self._pool = ProcessPoolExecutor(
            count,
            mp_context=get_context("fork"),
            initializer=end_with_parent,
            initargs=(os.getpid(),),
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def start(self, points: Sequence[Point], values: Sequence[Number]) -> None:
        """Begin to simulate points, so that others can be asked for meanwhile."""
        for point in points:
            run = self._run(point, values)
            if run not in self._known:
                self._known[run] = self._pool.submit(means, *run)

    def simulated(self, points: Sequence[Point], values: Sequence[Number]) -> list[float]:
        """Values of points, in the references' units.

        Raises:
            SimulationError: if a run deadlocks or takes too long.
        """
        self.start(points, values)
        return [self._mean(self._run(p, values))[p.target.column] * p.target.scale for p in points]

    def _mean(self, run: Run) -> Means:
        found = self._known[run]
        if isinstance(found, Future):
            found = self._known[run] = found.result()
        return found

    def _run(self, point: Point, values: Sequence[Number]) -> Run:
        """The run of a point: of the parameters only those that it feels."""
        overrides = (*point.target.overrides, *self._fixed)
        if overrides not in self._felt:
            self._felt[overrides] = felt(self._parameters, overrides)
        changed = (f"{self._parameters[n].key}={values[n]!r}" for n in self._felt[overrides])
        return (*overrides, *changed), point.cores


def felt(parameters: Sequence[Parameter], overrides: Sequence[str]) -> list[int]:
    """Which parameters the runs of a configuration depend on, by their places."""
    config = compose(overrides)
    return [
        n
        for n, parameter in enumerate(parameters)
        if parameter.workload in (None, config.workload.name) and is_relevant(config, parameter.key)
    ]


def means(overrides: Sequence[str], cores: int) -> Means:
    """Simulate one core count: the mean of every numeric column over replications."""
    rows = simulate(compose([*overrides, f"cores=[{cores}]"])).points
    return {
        column: float(np.mean([row[column] for row in rows]))
        for column, value in rows[0].items()
        if isinstance(value, int | float)
    }
