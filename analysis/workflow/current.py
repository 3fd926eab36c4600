"""Which verdicts of a results folder are no longer what its files and this code give.

What was asked for is not known here, as it is to a workflow (`state`): a configuration that changed
since the simulation is not noticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from analysis.artifact.parts import PARTS
from analysis.read import made_from, manifest
from analysis.read.results import points_files
from analysis.workflow import simulated
from sim.config.errors import ConfigError
from sim.experiment.plan import load_experiment

MANY = 5
"""Experiments that are named one by one even where it is all of them."""


def problem(
    results: Path, experiment: str, config_dirs: Sequence[Path] = (), also: Sequence[str] = ()
) -> str:
    """Say why the verdicts of an experiment are not current; nothing where they are."""
    try:
        found = load_experiment(experiment, config_dirs, also)
    except ConfigError:
        return "no longer an experiment"
    files = list(points_files(found, results).values())
    written = manifest.problem(
        results / experiment, made_from.artifacts_of_files(found, files), PARTS
    )
    return written or next(filter(None, map(simulated.problem, files)), "")


def remark(
    results: Path,
    experiments: Iterable[str],
    config_dirs: Sequence[Path] = (),
    also: Sequence[str] = (),
) -> str:
    """Name the experiments whose verdicts are not current, and why; nothing where all are."""
    asked = list(experiments)
    found: dict[str, list[str]] = {}
    for name in asked:
        if reason := problem(results, name, config_dirs, also):
            found.setdefault(reason, []).append(name)
    if not found:
        return ""
    everything = f"all {len(asked)} experiments" if len(asked) > MANY else ", ".join(asked)
    parts = [
        f"{everything if names == asked else ', '.join(names)} ({reason})"
        for reason, names in found.items()
    ]
    return f"not current: {'; '.join(parts)}; run snakemake"
