"""Whether results are what a clean run would leave, judged by what they contain.

Snakemake compares times, and remembers in `.snakemake` what it did; a copied folder, a deleted
memory or a damaged file mislead it. Here the files speak for themselves: beside a curve's points
stands the configuration that ran, the engine, and the digest of each file; beside figures, tables,
claims and the report stands a manifest of what they were made from. A job whose files do not say
what a clean run would say is done again.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.artifact.parts import PARTS
from analysis.read import made_from, manifest
from analysis.read.effort import column
from analysis.read.tidy import read_json
from analysis.workflow import simulated
from analysis.workflow.invocation import PAPER, RESULTS, Workflow
from sim.command import output, trace
from sim.command.effort import COLUMNS
from sim.command.request import read
from sim.command.run import planned_job
from sim.config.files import unchanging
from sim.drafts import PREFIX, SUFFIX
from sim.experiment.plan import PlannedCurve
from sim.version import engine_hash


@dataclass(frozen=True)
class State:
    """The results of one workflow, beside what it asks for."""

    asked: Workflow
    _descriptions: dict[tuple[str, str], dict[str, Any]] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def folder(self) -> Path:
        """Folder of the results, relative to the working directory."""
        return Path(self.asked.folder)

    # --- one job each ------------------------------------------------------------------------

    def of_curve(self, experiment: str, curve: str) -> str:
        """Why a curve has to be simulated again; nothing where it is current."""
        planned = self.asked.curve(experiment, curve)
        points = self.folder / experiment / f"{curve}.parquet"
        effort = self.folder / "benchmarks" / experiment / f"{curve}.tsv"
        return simulated.problem(points, planned.config_hash) or _effort_problem(effort)

    def of_trace(self, experiment: str, curve: str) -> str:
        """Why a timeline has to be traced again; nothing where it is current."""
        records = self.folder / experiment / "traces" / f"{curve}.parquet"
        expected = self._traced(experiment, curve).description
        problem = simulated.problem(records, expected["config_hash"])
        return problem or ("" if _says(records, expected) else "asked for otherwise")

    def of_artifacts(self, experiment: str) -> str:
        """Why figures, tables and claims have to be made again; nothing where they are current."""
        return manifest.problem(
            self.folder / experiment, self.artifacts_made_from(experiment), PARTS
        )

    def of_report(self) -> str:
        """Why the report has to be written again; nothing where it is current.

        It is also what stands for words beside results, which are no reason to simulate again.
        """
        found = manifest.problem(self.folder / "report", self.report_made_from)
        if not found and any(self._words_to_write()):
            return "what stands beside results is not what they were made from"
        return found

    def describe_anew(self) -> None:
        """Write the configurations anew of points that are right, where other words changed.

        Sources, and settings that a workload does not depend on, are no reason to simulate again.
        """
        for place, text in self._words_to_write():
            output.write_text(place, text)

    def _words_to_write(self) -> Iterator[tuple[Path, str]]:
        """Configurations that say other words than a clean run would, with what it would say."""
        for name, curve in self.curves():
            points = self.folder / name / f"{curve.id}.parquet"
            if simulated.problem(points, curve.config_hash):
                continue
            description = self._description(name, curve)
            if not _says(points, description):
                yield output.beside(points)[-1], _text(points, description)

    def remove_drafts(self) -> None:
        """Remove what killed processes had not finished writing; nobody writes here now.

        Files are written under other names and renamed when they are whole.
        """
        for path in self.folder.rglob(f"{PREFIX}*{SUFFIX}"):
            if path.is_file() and not path.is_symlink():
                path.unlink(missing_ok=True)

    # --- what things are made from -----------------------------------------------------------

    def artifacts_made_from(self, experiment: str) -> str:
        """Digest of all that figures, tables and claims of an experiment depend on."""
        plan = self.asked.plans[experiment]
        hashes = [curve.config_hash for curve in plan.curves]
        timeline = plan.experiment.timeline
        traced = ""
        if timeline is not None:
            traced = self._traced(experiment, timeline.curve).curve.config_hash
        return made_from.artifacts(plan.experiment, hashes, traced, engine_hash())

    @cached_property
    @unchanging()
    def report_made_from(self) -> str:
        """Digest of all that the report depends on, the times that it shows left out."""
        names = self.asked.experiments
        experiments = [self.asked.plans[name].experiment for name in names]
        return made_from.report(
            self.asked.name,
            self.asked.overrides,
            experiments,
            [self.artifacts_made_from(name) for name in names],
            [made_from.described(self._description(name, curve)) for name, curve in self._shown()],
            None if self.asked.name == PAPER else RESULTS / PAPER,
        )

    def curves(self) -> Iterator[tuple[str, PlannedCurve]]:
        """Curves that run by themselves, with the experiment they belong to."""
        for name, plan in self.asked.plans.items():
            for curve in plan.curves:
                if not curve.of[0]:
                    yield name, curve

    def _shown(self) -> Iterator[tuple[str, PlannedCurve]]:
        """Curves that the report shows, under the names of the experiments that run them."""
        for name in self.asked.experiments:
            for curve in self.asked.plans[name].curves:
                source, own = curve.of if curve.of[0] else (name, curve.id)
                yield source, self.asked.curve(source, own)

    def _description(self, experiment: str, curve: PlannedCurve) -> dict[str, Any]:
        """What the configuration beside a curve's results says, made once."""
        key = experiment, curve.id
        if key not in self._descriptions:
            self._descriptions[key] = planned_job(curve, experiment).description
        return self._descriptions[key]

    def _traced(self, experiment: str, curve: str) -> trace.Traced:
        arguments = shlex.split(self.asked.trace_arguments(experiment, curve))
        return trace.planned(read("trace", arguments))


def bring_to_the_present(folder: Path) -> None:
    """Give files that are dated in the future the present time.

    What is up to date follows from what files contain, but Snakemake refuses a job whose output is
    older than its input, as that of every job is whose input comes from the future.
    """
    now = time.time()
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # somebody took it away, or it is somebody else's
            if path.lstat().st_mtime > now:
                os.utime(path, (now, now), follow_symlinks=False)


def require_current(judged: Mapping[str, Callable[[], str]]) -> None:
    """Exit with one message if a workflow has not left what it was to leave.

    Sources may be edited, and files changed, while it runs.

    Parameters
    ----------
    judged : what says why a file is not current, by the file's name
    """
    for path, problem in judged.items():
        reason = problem()
        if reason:
            raise SystemExit(
                f"error: {path}: {reason}\n  something changed while this ran; run it again"
            )


def _text(points: Path, description: Mapping[str, Any]) -> str:
    """What the configuration beside a file of results has to be."""
    digests = read_json(output.beside(points)[-1])["sha256"]
    return output.configuration_text(digests, description)


def _says(points: Path, description: Mapping[str, Any]) -> bool:
    """Whether the configuration beside a file of results is that of a clean run, to the byte."""
    written = output.beside(points)[-1].read_bytes()
    return written == _text(points, description).encode()


def _effort_problem(effort: Path) -> str:
    """Say whether the time is missing that the report shows."""
    whole = all(len(column(effort, name)) == 1 for name in COLUMNS)
    return "" if whole else "the time that it took is not recorded"
