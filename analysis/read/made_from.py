"""What figures, tables, claims and the report are made from, as one digest each.

The workflow computes it from what is planned, and the job from what it is given; they agree where
the job got what was planned.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from analysis.read import manifest, tidy
from analysis.read.manifest import digest
from analysis.read.results import points_files
from analysis.read.tidy import ResultsError, read_json
from sim import extensions
from sim.config.files import unchanging
from sim.experiment import calibration_record, calibrations, papers
from sim.experiment.answer import load as load_answer
from sim.experiment.answer import sentences
from sim.experiment.calibrations import of_experiment
from sim.experiment.file import Experiment
from sim.experiment.plan import load_experiment
from sim.experiment.references import find, roots

ROOT = Path(__file__).resolve().parents[2]
ACCURACY = "accuracy.csv"
LIMITATIONS = ROOT / "docs" / "limitations.md"
BACKGROUND = ROOT / "docs" / "background"
SOURCES = ("analysis", "metrics", "views", "sim/config", "sim/experiment")
"""Whose code decides what results are turned into; imports show that there is no other, but for the
user's own."""
SUFFIXES = (".py", ".j2", ".css", ".js", ".rst")
DRAWN_WITH = (
    *("altair", "jinja2", "markdown-it-py", "matplotlib", "numpy", "polars", "scipy", "seaborn"),
    "vl-convert-python",
)


@cache
def code() -> str:
    """Digest of the code that makes tables, figures, claims and pages, libraries included.

    The user's own files are among it.

    It is asked for once by each process, when that begins: what is imported does not change.
    """
    files = [ROOT / name for name in SOURCES]
    files += [path for folder in files if folder.is_dir() for path in folder.rglob("*")]
    named = sorted(
        (path.relative_to(ROOT).as_posix(), path)
        for path in files
        if path.is_file() and path.suffix in SUFFIXES
    )
    named += [(path.name, path) for path in extensions.files()]
    sources = [part for name, path in named for part in (name, path.read_bytes())]
    return digest([*(f"{name} {metadata.version(name)}" for name in DRAWN_WITH), *sources])


@unchanging()
def artifacts(
    experiment: Experiment,
    hashes: Sequence[str],
    trace: str,
    engine: str,
) -> str:
    """Digest of all that an experiment's tables, figures and claims depend on.

    Parameters
    ----------
    experiment : with what it says about figures and claims
    hashes : of the configuration of each curve, in the experiment's order
    trace : the same of its timeline; empty where it has none
    engine : hash of the engine that simulated them
    """
    reused = sorted({curve.source[0] for curve in experiment.curves if curve.of})
    settings = [
        experiment,
        *(load_experiment(name, experiment.config_dirs, experiment.also) for name in reused),
    ]
    return digest(
        [
            code(),
            engine,
            *(item.model_dump_json() for item in settings),
            *hashes,
            trace,
            *(fit.model_dump_json() for item in settings for fit in of_experiment(item)),
            *published(experiment),
        ]
    )


def references(experiment: Experiment) -> dict[str, Path]:
    """Files of published numbers that an experiment is compared with, by name."""
    named: list[Any] = [*experiment.measures, *experiment.views]
    names = sorted({str(item.reference) for item in named if getattr(item, "reference", None)})
    return {name: find(name, roots(experiment.config_dirs))[0] for name in names}


def published(experiment: Experiment) -> list[str | bytes]:
    """Names and contents of the files of published numbers that an experiment names."""
    parts: list[str | bytes] = []
    for name, path in references(experiment).items():
        parts += [name, content(path)]
    return parts


def content(path: Path) -> bytes:
    """What a file holds; nothing where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def described(description: Mapping[str, Any]) -> str:
    """Digest of what the configuration beside results says that ran, its sources included."""
    kept = {key: item for key, item in description.items() if key not in ("engine", "sha256")}
    return digest([json.dumps(kept, sort_keys=True)])


@unchanging()
def report(
    name: str,
    overrides: Sequence[str],
    experiments: Sequence[Experiment],
    parts: Sequence[str],
    descriptions: Sequence[str],
    compared: Path | None,
) -> str:
    """Digest of all that the report depends on, the times that it shows left out.

    Parameters
    ----------
    name, overrides : of the run
    experiments : in the order in which they are shown
    parts : `artifacts` of each of them
    descriptions : `described` of each of their curves
    compared : folder of results that it is compared with, if there is any
    """
    answer = load_answer()
    words: list[str | bytes] = [answer.model_dump_json(), content(LIMITATIONS)]
    explained = {name for part in answer.parts for name in part.background}
    words += [content(BACKGROUND / f"{name}.md") for name in sorted(explained)]
    stated = {sentence.table for sentence in sentences(answer)} - {""}
    words += [content(find(name)[0]) for name in sorted(stated)]
    words += [content(calibration_record.file_of(name)) for name in sorted(calibrations.names())]
    tables = {root for experiment in experiments for root in roots(experiment.config_dirs)}
    words += [content(root / ACCURACY) for root in sorted(tables)]
    cited = {papers.of_experiment(experiment).model_dump_json() for experiment in experiments}
    words += sorted(cited)
    places = [] if compared is None else _points_of(experiments, compared)
    theirs: list[str | bytes] = [
        part
        for place in places
        for path in (place, place.with_name(f"{place.stem}.config.json"))
        for part in (path.as_posix(), content(path))
    ]
    return digest(
        [code(), name, json.dumps(list(overrides)), *parts, *descriptions, *words, *theirs]
    )


def _points_of(experiments: Sequence[Experiment], folder: Path) -> list[Path]:
    """Parquet files of the curves of several experiments in a folder of results, each once."""
    return list(
        dict.fromkeys(path for item in experiments for path in points_files(item, folder).values())
    )


# --- from files ------------------------------------------------------------------------------


def artifacts_of_files(experiment: Experiment, files: Sequence[Path]) -> str:
    """`artifacts` of the files that a job is given, by the configurations beside them."""
    places = {curve.of or f"{experiment.name}/{curve.id}": "" for curve in experiment.curves}
    engines = set()
    for path in tidy.results(files):  # a folder's accounts may be among them
        written = configuration_beside(path)
        engines.add(str(written.get("engine")))
        name = "/".join(path.with_suffix("").parts[-3:])
        if name in places:
            places[name] = str(written.get("config_hash"))
    trace = "" if experiment.timeline is None else _hash_of_trace(experiment.timeline.curve, files)
    engine = " ".join(sorted(engines))
    return artifacts(experiment, list(places.values()), trace, engine)


def _hash_of_trace(curve: str, files: Sequence[Path]) -> str:
    """Hash of what was traced, from beside the trace of one of these files."""
    traces = [path.parent / "traces" / path.name for path in files if path.stem == curve]
    return str(configuration_beside(traces[0]).get("config_hash")) if traces else ""


@unchanging()
def report_of_files(
    folder: Path,
    overrides: Sequence[str],
    experiments: Sequence[Experiment],
    compared: Path | None,
) -> str:
    """`report` of a folder of results, by the configurations and manifests in it."""
    parts, descriptions = [], []
    for experiment in experiments:
        parts.append(manifest.made_from(folder / experiment.name))
        descriptions += [
            described(configuration_beside(path))
            for path in points_files(experiment, folder).values()
        ]
    return report(folder.name, overrides, experiments, parts, descriptions, compared)


def configuration_beside(points: Path) -> Mapping[str, Any]:
    """What stands beside a Parquet file about what ran; empty where nothing does."""
    try:
        found = read_json(points.with_name(f"{points.stem}.config.json"))
    except ResultsError:
        return {}
    return found if isinstance(found, dict) else {}
