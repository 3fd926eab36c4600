"""Lay out the report: results in, HTML pages out, `index.html` last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis.artifact import parts, stored
from analysis.judge import claims, scoreboard, unfitted
from analysis.read import configuration, effort, made_from, manifest
from analysis.read.results import points_files
from analysis.read.tidy import ResultsError
from analysis.report import answer, claim_list, null_tables, prose
from analysis.report.layout import Table, figure_of, fixed
from analysis.report.pages import (
    ExperimentPage,
    Run,
    comparison_table,
)
from analysis.wording import VERDICTS, cores, name_of
from sim.config.errors import show
from sim.drafts import write_text
from sim.experiment.answer import load as load_answer
from sim.experiment.file import Experiment

TEMPLATES = Path(__file__).resolve().parent / "templates"
LIMITATIONS = made_from.LIMITATIONS

Documents = dict[str, tuple[str, dict[str, object]]]
"""Pages of a report: file name to the template, and what that page alone shows."""


def environment() -> Environment:
    """Templates with everything escaped and missing names fatal."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["comparison_table"] = comparison_table
    found.filters["slug"] = prose.slug
    return found


def write(run: Run, experiments: Sequence[Experiment], limitations: Path = LIMITATIONS) -> Path:
    """Write the report of one results folder and return its first page.

    Raises
    ------
    ResultsError : results or figures of an experiment are missing
    """
    source = made_from.report_of_files(run.folder, run.overrides, experiments, run.paper)
    pages = [page_of(run, experiment) for experiment in experiments]
    pages.sort(key=lambda page: (page.artifact.paper.order, page.artifact.paper.name))
    text = prose.render(limitations.read_text(encoding="utf-8")) if limitations.is_file() else ""
    documents = documents_of(pages, bool(text))
    shared = shared_by_all(run, pages, documents) | {"limitations": text}
    templates = environment()
    rendered = {
        file: templates.get_template(f"{template}.html.j2").render(shared | own)
        for file, (template, own) in documents.items()
    }
    folder = run.folder / "report"
    replace(folder, rendered)
    write_text(folder / manifest.FILE, manifest.text(folder, source))
    return folder / "index.html"


def documents_of(pages: Sequence[ExperimentPage], has_limitations: bool) -> Documents:
    """Every page of the report; those without content are not there."""
    numbers = configuration.catalogue([c for page in pages for c in page.configs.values()])
    calibrated = [number for number in numbers if number.kind == "calibrated"]
    rows = claim_list.rows(pages)
    judged, errors = verdicts(rows), unfitted_errors(pages)
    question = load_answer()
    paragraphs = answer.paragraphs(question, pages)
    documents: Documents = {page.file: ("experiment", of_experiment(page)) for page in pages}
    documents["sources.html"] = ("sources", of_sources(numbers, calibrated))
    if rows:
        documents["claims.html"] = ("claims", {**judged, **of_claims(rows), "unfitted": errors})
    if paragraphs:
        documents["answer.html"] = ("answer", {"answer": question, "paragraphs": paragraphs})
    if has_limitations:
        documents["limitations.html"] = ("limitations", {})
    if any(page.comparison for page in pages):
        documents["comparison.html"] = ("comparison", {})
    documents["index.html"] = (
        "index",
        {
            **judged,
            **null_summary(pages),
            "unfitted": errors,
            "effort": effort_table(pages, "experiment"),
            "calibrated": len(calibrated),
        },
    )
    return documents


def unfitted_errors(pages: Sequence[ExperimentPage]) -> list[str]:
    """Say the one error over all that no fit has seen; nothing without such points."""
    artifacts = [page.artifact for page in pages]
    found = unfitted.weighted(
        unfitted.of_experiment(one.experiment.name, one.error_points, one.null) for one in artifacts
    )
    return found.sentences() if found else []


def shared_by_all(
    run: Run, pages: Sequence[ExperimentPage], documents: Documents
) -> dict[str, object]:
    """What every page shows: the run, the menu, and which pages there are."""
    return {
        "run": run,
        "pages": pages,
        "menu": [(paper, list(group)) for paper, group in groupby(pages, lambda page: page.paper)],
        "css": Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
        "has_comparison": "comparison.html" in documents,
        "outdated": any(page.is_outdated for page in pages),
        "has_claims": "claims.html" in documents,
        "has_answer": "answer.html" in documents,
    }


def of_experiment(page: ExperimentPage) -> dict[str, object]:
    """What the page of one experiment shows."""
    return {
        "page": page,
        "rows": claim_list.rows([page]),
        "effort": effort_table([page], "curve"),
        "sensitivity": sensitivity(page),
        "tables": tables(page),
    }


def of_sources(
    numbers: Sequence[configuration.Number], calibrated: Sequence[configuration.Number]
) -> dict[str, object]:
    """What the page of sources shows: every number, grouped, and how many are of which kind."""
    return {
        "kinds": {k: sum(n.kind == k for n in numbers) for k in configuration.KINDS},
        "calibrated": calibrated,
        "groups": [
            (group, [n for n in numbers if n.group == group])
            for group in configuration.GROUPS
            if any(n.group == group for n in numbers)
        ],
    }


def of_claims(rows: Sequence[claim_list.Row]) -> dict[str, object]:
    """What the page of claims shows besides the scoreboard."""
    return {
        "counts": claims.count([row.verdict for row in rows]),
        "papers": claim_list.grouped(rows),
        "verdicts": VERDICTS,
    }


def verdicts(rows: Sequence[claim_list.Row]) -> dict[str, object]:
    """The scoreboard of all claims, as the first page and the page of claims show it."""
    return {
        "rows": rows,
        "board": scoreboard.scoreboard((row.verdict.basis, row.verdict.verdict) for row in rows),
        "meanings": scoreboard.MEANINGS,
    }


def replace(folder: Path, rendered: Mapping[str, str]) -> None:
    """Write the pages, and remove those of an earlier report and its manifest before them."""
    for stale in sorted(folder.glob("*.html")):
        if stale.name not in rendered:
            stale.unlink()
    (folder / manifest.FILE).unlink(missing_ok=True)
    for file, html in rendered.items():
        write_text(folder / file, html)


def page_of(run: Run, experiment: Experiment) -> ExperimentPage:
    """Gather the page of one experiment from its artifact.

    Raises
    ------
    ResultsError : the artifact is not what its results would give now
    """
    folder = run.folder / experiment.name
    files = list(points_files(experiment, run.folder).values())
    source = made_from.artifacts_of_files(experiment, files)
    if reason := manifest.problem(folder, source, parts.PARTS):
        raise ResultsError(
            f"{folder}: tables, figures and claims: {reason}; first run python -m analysis "
            f"artifacts --experiment {experiment.name} (snakemake does it by itself)"
        )
    return ExperimentPage(run, stored.read(folder / parts.FILE, experiment))


def sensitivity(page: ExperimentPage) -> list[dict[str, object]]:
    """What the sensitivity bands of an experiment varied, in words."""
    labels = {c.id: c.label for c in page.experiment.curves}
    return [
        {
            "label": labels[band.curve],
            "cores": cores(sorted(band.cores)),
            "scale": [
                (words, key, "× " + " and ".join(figure_of(f) for f in factors))
                for words, scale in (("", band.scale), ("every assumed number of ", band.assumed))
                for key, factors in scale.items()
            ]
            + [("", key, "at the ends of its 95 % interval") for key in band.fitted]
            + [("", key, f"= {show(v)}") for key, vs in band.instead.items() for v in vs],
        }
        for band in page.experiment.sensitivity
    ]


def tables(page: ExperimentPage) -> list[str]:
    """Names of the CSV tables of an experiment."""
    return sorted(path.stem for path in (page.folder / "tables").glob("*.csv"))


def null_summary(pages: Sequence[ExperimentPage]) -> dict[str, object]:
    """Null model and simulator on every series, and on how many the law does as well."""
    judged = [
        (page.experiment.artifact or page.experiment.name, page.labels, page.null)
        for page in pages
        if len(page.null)
    ]
    halves = [null_tables.split(null) for _, _, null in judged]
    return {
        "null": null_tables.of_all(judged) if judged else None,
        "null_good": sum(len(good) for good, _ in halves),
        "null_poor": sum(len(poor) for _, poor in halves),
    }


def effort_table(pages: Sequence[ExperimentPage], by: str) -> Table:
    """Events, wall time and memory by curve or experiment, and of all in the end."""
    rows: list[tuple[str, effort.Effort]] = []
    for page in pages:
        if by == "curve":
            labels = {c.id: c.label for c in page.experiment.curves}
            rows += [(labels[one.curve], one) for one in page.efforts]
        else:
            rows.append((page.experiment.title, effort.total(page.efforts)))
    if len(rows) > 1:
        rows.append(("all", effort.total([one for _, one in rows])))
    return Table(
        [name_of(by), "simulated events", "wall time, s", "events per second", "memory, MiB"],
        [
            [
                label,
                f"{one.events:,}",
                fixed(one.seconds) or "not recorded",
                figure_of(one.events_per_second),
                fixed(one.memory_mb, 0) or "not recorded",
            ]
            for label, one in rows
        ],
        [False, True, True, True, True],
    )
