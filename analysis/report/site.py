"""Lay out the report: results in, HTML pages out, `index.html` last."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis.artifact import parts, stored
from analysis.judge import claims, scoreboard, unfitted
from analysis.read import configuration, effort, made_from, manifest
from analysis.read.results import points_files
from analysis.read.tidy import ResultsError
from analysis.report import (
    answer,
    calibrated,
    claim_list,
    explained,
    fixes,
    null_tables,
    overview,
    prose,
    scripts,
    search,
    theme,
)
from analysis.report.layout import Table, figure_of, fixed
from analysis.report.pages import (
    ExperimentPage,
    Run,
    comparison_table,
)
from analysis.wording import DOES_NOT_HOLD, NOT_REPRODUCED, TREND_ONLY, VERDICTS, cores, name_of
from sim.config.errors import show
from sim.drafts import write_text
from sim.experiment.answer import load as load_answer
from sim.experiment.file import Experiment

TEMPLATES = Path(__file__).resolve().parent / "templates"
LIMITATIONS = made_from.LIMITATIONS

FAILED = (NOT_REPRODUCED, DOES_NOT_HOLD, TREND_ONLY)
"""Verdicts of claims that do not hold."""
NAMES = {
    "index.html": "Overview",
    "answer.html": "The answer",
    "claims.html": "Claims and verdicts",
    "sources.html": "Settings and sources",
    "calibration.html": "Calibration",
    "limitations.html": "Limitations",
}
"""Pages that show no experiment, as the search names them."""

Documents = dict[str, tuple[str, dict[str, object]]]
"""Pages of a report: file name to the template, and what that page alone shows."""


@cache
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
    found.filters["anchor"] = search.anchor
    found.filters["json"] = embedded
    return found


def embedded(value: object) -> Markup:
    """A value as JSON in a script element, which no text in it can close."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


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
    numbers = configuration.catalogue([c for page in pages for c in page.configs.values()])
    documents = documents_of(pages, numbers, bool(text))
    shared = shared_by_all(run, pages, documents) | {"limitations": text}
    templates = environment()
    rendered = {
        file: templates.get_template(f"{template}.html.j2").render(shared | own)
        for file, (template, own) in documents.items()
    }
    found = search.entries(
        pages,
        claim_list.rows(pages),
        numbers,
        limitations.read_text(encoding="utf-8") if text else "",
        [(name, file) for file, name in NAMES.items() if file in documents],
    )
    folder = run.folder / "report"
    copies = {file: path for page in pages for file, path in page.copies.items()}
    replace(folder, rendered | scripts.files(search.script(found)), copies)
    write_text(folder / manifest.FILE, manifest.text(folder, source))
    return folder / "index.html"


def documents_of(
    pages: Sequence[ExperimentPage],
    numbers: Sequence[configuration.Number],
    has_limitations: bool,
) -> Documents:
    """Every page of the report; those without content are not there."""
    chosen = [number for number in numbers if number.kind == "calibrated"]
    rows = claim_list.rows(pages)
    judged, errors = verdicts(rows), unfitted_errors(pages)
    question = load_answer()
    paragraphs = answer.paragraphs(question, pages)
    documents: Documents = {page.file: ("experiment", of_experiment(page, pages)) for page in pages}
    documents["sources.html"] = ("sources", of_sources(numbers, chosen))
    if rows:
        documents["claims.html"] = ("claims", {**judged, **of_claims(rows), "unfitted": errors})
    if paragraphs:
        documents["answer.html"] = (
            "answer",
            {
                "answer": question,
                "paragraphs": paragraphs,
                "short": answer.in_short(question, pages),
            },
        )
        for file, explained_by in answer.background(question, paragraphs).items():
            documents[file] = ("background", {"explained": explained_by})
    if has_limitations:
        documents["limitations.html"] = ("limitations", {})
    if records := calibrated.shown():
        documents["calibration.html"] = ("calibration", {"calibrations": records})
    if any(page.comparison for page in pages):
        documents["comparison.html"] = ("comparison", {})
    documents["index.html"] = (
        "index",
        {
            **judged,
            **null_summary(pages),
            "unfitted": errors,
            "effort": effort_table(pages, "experiment"),
            "calibrated": len(chosen),
            "assumed": sum(number.kind == "assumed" for number in numbers),
            "grids": overview.grids(pages),
            "answer": question,
            "paragraphs": paragraphs,
        },
    )
    return documents


def unfitted_errors(pages: Sequence[ExperimentPage]) -> list[str]:
    """Say the one error over all that no fit has seen; nothing without such points."""
    artifacts = [page.artifact for page in pages]
    found = unfitted.weighted(
        unfitted.of_experiment(one.experiment.name, one.error_points, one.null, one.naive)
        for one in artifacts
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
        "css": Markup((TEMPLATES / "style.css").read_text(encoding="utf-8") + theme.rules()),
        "has_comparison": "comparison.html" in documents,
        "outdated": any(page.is_outdated for page in pages),
        "has_claims": "claims.html" in documents,
        "has_answer": "answer.html" in documents,
        "has_calibration": "calibration.html" in documents,
        "script_folder": scripts.FOLDER,
        "version": metadata.version("corescale"),
    }


TABS = [
    ("chart", "Chart"),
    ("data", "Data"),
    ("claims", "Claims and why"),
    ("sources", "Sources"),
    ("rerun", "Rerun"),
]


def of_experiment(page: ExperimentPage, pages: Sequence[ExperimentPage]) -> dict[str, object]:
    """What the page of one experiment shows."""
    numbers = configuration.catalogue(list(page.configs.values()))
    return {
        "page": page,
        "tabs": TABS,
        "rows": claim_list.rows([page]),
        "effort": effort_table([page], "curve"),
        "sensitivity": sensitivity(page),
        "downloads": page.downloads,
        "explained": explained.shown(page, pages),
        "charts": page.charts,
        "account": page.account,
        "toggles": fixes.of_page(page, pages),
        "chosen": [n for n in numbers if n.kind in ("calibrated", "assumed")],
    }


def of_sources(
    numbers: Sequence[configuration.Number], chosen: Sequence[configuration.Number]
) -> dict[str, object]:
    """What the page of sources shows: every number, grouped, and how many are of which kind."""
    return {
        "kinds": {k: sum(n.kind == k for n in numbers) for k in configuration.KINDS},
        "calibrated": chosen,
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
        "failed": sum(row.verdict.verdict in FAILED for row in rows),
    }


def replace(folder: Path, texts: Mapping[str, str], copies: Mapping[str, Path]) -> None:
    """Write the files, and remove those of an earlier report and its manifest before them."""
    kept = {folder / file for file in (*texts, *copies)}
    (folder / manifest.FILE).unlink(missing_ok=True)
    for stale in sorted(folder.rglob("*")):
        if stale.is_file() and stale not in kept and not stale.name.startswith("."):
            stale.unlink()
    for file, text in texts.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        write_text(folder / file, text)
    for file, path in copies.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / file)


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
