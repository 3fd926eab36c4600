"""Whether a workflow's results fit on the disk, said before the work.

What a job will write is estimated from its plan. What has been finished once takes its own place
when it is done again, and what lies there half done is replaced. The constants are means over the
results of all experiments of the papers, in whole blocks of 4 KiB; their sum is within a tenth of
what those take.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from analysis.artifact.parts import PARTS
from analysis.read import manifest
from analysis.workflow.invocation import Workflow
from sim.command import output
from sim.experiment.file import Experiment
from sim.experiment.plan import PlannedCurve

CURVE_BYTES = 60_000
"""Points, account, configuration and effort of a curve, however few points it has."""
POINT_BYTES = 50
"""A row of points, and those of its account."""
VARIANT_BYTES = 375
TRACE_BYTES = 40_000
EXPERIMENT_BYTES = 120_000
"""Artifact, tables and claims."""
FIGURE_BYTES = 210_000
"""A figure in all formats."""
REPORT_BYTES = 100_000
"""The report's own pages, beside what each experiment adds to it:"""
PAGE_BYTES = 25_000
"""its claims and sources, and"""
SHOWN_FIGURE_BYTES = 100_000
"""each of its figures."""
MB = 1_000_000

Job = tuple[str, Mapping[str, str]]
"""A rule of the Snakefile, and its wildcards."""


def refusal(asked: Workflow, jobs: Iterable[Job]) -> str:
    """Say that what some jobs will write does not fit where it goes; nothing where it does.

    Where the system does not tell what is free, it is taken to be enough.
    """
    folder = Path(asked.folder)
    place = next(path for path in (folder, *folder.parents) if path.exists())
    size = needed(asked, jobs)
    try:
        free = shutil.disk_usage(place).free
    except OSError:
        return ""
    if size <= free:
        return ""
    return (
        f"error: {folder}: about {size / MB:,.1f} MB would be written, and {free / MB:,.1f} MB are "
        "free there; make room, then run it again"
    )


def needed(asked: Workflow, jobs: Iterable[Job]) -> int:
    """Bytes that some jobs will add to a workflow's results."""
    total = 0
    for rule, wildcards in jobs:
        if rule not in RULES:
            continue
        written, replaced = RULES[rule]
        files = replaced(Path(asked.folder), wildcards)
        if not files[-1].is_file():
            total += max(0, written(asked, wildcards) - sum(map(_size, files)))
    return total


# --- one job each ----------------------------------------------------------------------------


def _curve_bytes(asked: Workflow, wildcards: Mapping[str, str]) -> int:
    curve = asked.curve(wildcards["experiment"], wildcards["curve"])
    return CURVE_BYTES + POINT_BYTES * _points(curve) + VARIANT_BYTES * len(curve.variants)


def _points(curve: PlannedCurve) -> int:
    configs = (curve.config, *(variant.config for variant in curve.variants))
    return sum(len(config.core_counts) * config.run.replications for config in configs)


def _curve_files(folder: Path, wildcards: Mapping[str, str]) -> list[Path]:
    return list(output.beside(folder / wildcards["experiment"] / f"{wildcards['curve']}.parquet"))


def _trace_files(folder: Path, wildcards: Mapping[str, str]) -> list[Path]:
    traces = folder / wildcards["experiment"] / "traces"
    return list(output.beside(traces / f"{wildcards['curve']}.parquet"))


def _artifact_bytes(asked: Workflow, wildcards: Mapping[str, str]) -> int:
    experiment = asked.plans[wildcards["experiment"]].experiment
    return EXPERIMENT_BYTES + FIGURE_BYTES * _figures(experiment)


def _figures(experiment: Experiment) -> int:
    more = (experiment.speedup, experiment.breakdown, experiment.timeline)
    return len(experiment.measures) + len(experiment.views) + sum(map(bool, more))


def _report_bytes(asked: Workflow, wildcards: Mapping[str, str]) -> int:
    shown = [asked.plans[name].experiment for name in asked.experiments]
    pages = PAGE_BYTES * len(shown) + SHOWN_FIGURE_BYTES * sum(map(_figures, shown))
    return REPORT_BYTES + pages


Written = Callable[[Workflow, Mapping[str, str]], int]
Replaced = Callable[[Path, Mapping[str, str]], list[Path]]

RULES: Mapping[str, tuple[Written, Replaced]] = {
    "runs": (_curve_bytes, _curve_files),
    "traces": (lambda asked, wildcards: TRACE_BYTES, _trace_files),
    "artifacts": (
        _artifact_bytes,
        lambda folder, wildcards: [
            folder / wildcards["experiment"] / part for part in (*PARTS, manifest.FILE)
        ],
    ),
    "report": (
        _report_bytes,
        lambda folder, wildcards: [folder / "report", folder / "report" / manifest.FILE],
    ),
}
"""What a job of each rule writes, in bytes, and the files and folders that this replaces, the one
that is written last at the end."""


def _size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
