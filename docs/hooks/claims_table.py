"""The tables of docs/artifact.md and docs/claims.csv: each claim, alone, as it was recorded.

    python docs/hooks/claims_table.py results/paper

reads verdicts, events, times and memory from a folder of results that the workflow has left, and
writes both. Every claim is judged a second time, by those rows alone that `corescale check` would
simulate; one that comes out otherwise ends the script. A claim's time is that of its curves, shared
out by the events that its points simulate.

Without a folder it writes the tables again: today's claims, with what is recorded of them. What was
asked otherwise then counts as not recorded. A test says when the page is not that.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

from analysis.artifact.analyse import compare_all, evidence_of, reused  # noqa: E402
from analysis.judge import claims, needs, recorded  # noqa: E402
from analysis.judge.evidence import Evidence  # noqa: E402
from analysis.judge.recorded import Recorded  # noqa: E402
from analysis.read import breakdown, tidy  # noqa: E402
from analysis.read.effort import column  # noqa: E402
from analysis.read.results import points_files  # noqa: E402
from analysis.wording import name_of, number  # noqa: E402
from analysis.workflow import simulated  # noqa: E402
from sim.config.files import choices  # noqa: E402
from sim.experiment import papers  # noqa: E402
from sim.experiment.calibrations import of_experiment  # noqa: E402
from sim.experiment.claim import Claim  # noqa: E402
from sim.experiment.file import Experiment  # noqa: E402
from sim.experiment.plan import Plan, load_experiment, plan  # noqa: E402
from sim.experiment.references import roots  # noqa: E402
from sim.version import cpu_name, engine_hash  # noqa: E402

PAGE = ROOT / "docs/artifact.md"
BEGIN, END = "<!-- written by docs/hooks/claims_table.py -->\n", "<!-- end -->\n"
HEADER = (
    "| claim | command | expected | measured | verdict | minutes | MiB |\n"
    "|---|---|---|---|---|---|---|\n"
)
START_SECONDS = 4.0
"""Processor time in which `corescale check` imports and plans, at 2.5 GHz."""


def names(own: Sequence[str]) -> list[str]:
    """Experiments with claims, of those that the workflow runs unless it is told otherwise.

    Args:
        own: names to choose from: those of the project, without a user's.
    """
    loaded = [load_experiment(name) for name in sorted(own)]
    return [one.name for one in loaded if one.claims and not one.on_request]


# --- from results ----------------------------------------------------------------------------


def of_results(name: str, folder: Path) -> Iterator[Recorded]:
    """Judge each claim of an experiment twice, by all rows and by those that it needs alone."""
    planned = plan(name)
    experiment = planned.experiment
    files = list(points_files(experiment, folder).values())
    for path in files:
        if problem := simulated.problem(path):
            raise SystemExit(f"error: {path}: {problem}; run snakemake")
    whole = evidence(experiment, files)
    stated = papers.of_experiment(experiment).judged == "statements"
    for claim in experiment.claims:
        needed = needs.runs(claim, experiment, planned.curves, whole)
        own = needs.alone(whole, needed)
        found = claims.evaluate(claim, whole, stated)
        if claims.evaluate(claim, own, stated) != found:
            raise SystemExit(f"error: {name}/{claim.id} comes out otherwise alone")
        yield row(f"{name}/{claim.id}", found, *effort(planned, whole.points, own.points, folder))


def evidence(experiment: Experiment, files: Sequence[Path]) -> Evidence:
    """What the claims of an experiment are judged by."""
    own, fits = reused(experiment, files), of_experiment(experiment)
    points = tidy.read_points(files, own)
    shares = breakdown.shares(tidy.read_account(files, own))
    compared = compare_all(experiment, points, roots(experiment.config_dirs), fits)
    return evidence_of(experiment, points, shares, compared, fits)


def effort(
    planned: Plan, whole: pl.DataFrame, own: pl.DataFrame, folder: Path
) -> tuple[float, float]:
    """Seconds of processor time that some rows of all took, and MiB of the largest process."""
    seconds, memory = 0.0, 0.0
    for curve in planned.curves:
        mine, every = (
            int(part.filter(pl.col("curve") == curve.id)["events"].sum()) for part in (own, whole)
        )
        if mine:
            where = "/".join(curve.of) if curve.of[0] else f"{planned.experiment.name}/{curve.id}"
            file = folder / "benchmarks" / f"{where}.tsv"
            seconds += mine / every * sum(column(file, "cpu_time"))
            memory = max(memory, *column(file, "max_rss"))
    return seconds, memory


def row(name: str, found: claims.Verdict, seconds: float, memory: float) -> Recorded:
    """One line of the record."""
    cells = found.row()
    took = found.value is not None
    return Recorded(
        name,
        *(cells["verdict"], cells["value"], cells["published"]),
        *(cells["criterion"], cells["basis"]),
        seconds=f"{seconds:.1f}" if took else "",
        memory_mib=f"{memory:.0f}" if took else "",
    )


# --- from the record -------------------------------------------------------------------------


def tables(experiments: Sequence[str]) -> str:
    """The tables of the page, one for each paper, in the order of the report."""
    loaded = [load_experiment(name) for name in experiments]
    ordered = sorted(loaded, key=lambda one: (papers.of_experiment(one).order, one.name))
    text = ""
    for paper, group in groupby(ordered, key=lambda one: papers.of_experiment(one).short):
        lines = "".join(line(one.name, claim) for one in group for claim in one.claims)
        text += f"\n### {paper}\n\n{HEADER}{lines}"
    return text


def line(experiment: str, claim: Claim) -> str:
    """One line of a table; without a record, what was asked alone."""
    published = "" if claim.published is None else f"{shown(str(claim.published))} published"
    criterion = "" if isinstance(claim.published, str) else claims.criterion(claim)
    cells = [
        claim.statement,
        f"`corescale check {experiment}/{claim.id}`",
        ", ".join(part for part in (published, criterion) if part),
        *found(recorded.of(experiment, claim)),
    ]
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"


def found(one: Recorded | None) -> tuple[str, str, str, str]:
    """What was measured, the verdict, minutes and MiB."""
    if one is None:
        return "", "not recorded", "", ""
    verdict = f"{one.verdict} ({one.basis})" if one.basis else one.verdict
    minutes = f"{(START_SECONDS + float(one.seconds)) / 60:.1f}" if one.seconds else ""
    return shown(one.value), verdict, minutes, one.memory_mib


def shown(text: str) -> str:
    """A value as a reader sees it: a number with four digits, a name as words."""
    try:
        return number(float(text))
    except ValueError:
        return name_of(text)


def own_experiments() -> list[str]:
    """Experiments of the project whose claims are recorded."""
    return names(list(choices("experiment")))


def main(folder: Path | None) -> None:
    """Write the record from results, if there are any, and the tables into the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    said, after = rest.split("\n### ")[0], rest.split(END)[1]
    if folder is not None:
        rows = [row for name in own_experiments() for row in of_results(name, folder)]
        recorded.FILE.write_text(recorded.text(rows), encoding="utf-8")
        recorded.read.cache_clear()
        said = f"\nRecorded on one core of {cpu_name()}, engine `{engine_hash()[:12]}`.\n"
    text = f"{before}{BEGIN}{said}{tables(own_experiments())}\n{END}{after}"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
