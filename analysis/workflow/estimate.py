"""About how long a workflow will take: what is out of date, and what such work took before.

A curve that has run takes as long as it took; another one as long as its active cores, summed over
all its points, usually take. Figures that are drawn again because the analysis changed are not
counted. The estimate is printed and goes nowhere else.
"""

from __future__ import annotations

import os
from pathlib import Path

from analysis.read.effort import column
from analysis.workflow.state import State
from sim.estimate import CURVE_SECONDS, seconds
from sim.experiment.plan import PlannedCurve

START_SECONDS = 12.0
"""Imports, plan and report: they use one processor."""
EXPERIMENT_SECONDS = 2.2
"""Tables, claims and figures of one experiment. Both measured at 2.5 GHz."""
FAMILIAR_CORES = 384
"""Up to here that holds on average; beyond, contention takes most of the time, and 2 to 100 times
as long."""


def describe(state: State, cores: int | None = None) -> str:
    """Say how long a workflow will take, and for what.

    Args:
        state: what is asked for, and what is there.
        cores: those that it may use at once; None: all that this process may.
    """
    folder = state.folder
    curves = [(name, curve) for name, curve in state.curves() if state.of_curve(name, curve.id)]
    experiments = {name for name, _ in curves} | {
        name for name in state.asked.experiments if state.of_artifacts(name)
    }
    work = EXPERIMENT_SECONDS * len(experiments) + sum(
        _curve_seconds(folder, name, curve) for name, curve in curves
    )
    cores = min(cores or _own_cores(), _own_cores())
    minutes, seconds = divmod(round((START_SECONDS + work / cores) / 5) * 5, 60)
    large = sum(
        not _known(folder, name, curve) and _most_cores(curve) > FAMILIAR_CORES
        for name, curve in curves
    )
    return (
        f"{len(curves)} curves to simulate, {len(experiments)} experiments to analyse: about "
        f"{minutes} min {seconds} s on {cores} {'core' if cores == 1 else 'cores'}"
        + (f", or several times that: {large} curves on large machines are new" if large else "")
    )


def _own_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _known(folder: Path, experiment: str, curve: PlannedCurve) -> list[float]:
    """Look up what a curve took when it ran; empty if it has not."""
    return column(folder / "benchmarks" / experiment / f"{curve.id}.tsv", "cpu_time")


def _most_cores(curve: PlannedCurve) -> int:
    configs = (curve.config, *(variant.config for variant in curve.variants))
    return max(max(config.core_counts) for config in configs)


def _curve_seconds(folder: Path, experiment: str, curve: PlannedCurve) -> float:
    known = _known(folder, experiment, curve)
    if known:
        return CURVE_SECONDS + known[0]
    return seconds([curve.config, *(variant.config for variant in curve.variants)])
