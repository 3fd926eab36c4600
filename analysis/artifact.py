"""One experiment analysed: every table that its figures, claims and pages need.

Parquet + conf/experiment + reference/  --analyse-->  Artifact  --write-->  CSV, claims, figures
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from analysis.judge import claims, errors, null_model
from analysis.judge.evidence import Evidence
from analysis.read import made_from, manifest, reference, speedup, tidy, timeline
from analysis.read.results import Results
from sim.drafts import write_text
from sim.experiment import papers
from sim.experiment.calibrations import Calibration, fitted, fitted_points, of_experiment
from sim.experiment.file import Experiment, Measure
from sim.experiment.papers import Paper
from sim.experiment.plan import load_experiment
from sim.experiment.references import Roots, roots

PUBLISHED = {
    "curve": pl.String,
    "series": pl.String,
    "cores": pl.Float64,
    "published": pl.Float64,
    "role": pl.String,
}


@dataclass(frozen=True)
class Artifact:
    """What one experiment's results say.

    points : one row per replication
    summaries : measure id -> `tidy.summarise` in the measure's unit
    published : measure id -> all published points of its series, simulated or not
    error_points, errors : `errors.compare_series` of all measures, and its summary
    null : `null_model.table`
    speedup : `speedup.table`, empty without a point at one core
    shares : `breakdown.shares`
    verdicts : one per claim
    views : view id -> its table
    paper : that the experiment belongs to
    references : folders of published numbers
    trace : records of the experiment's timeline, None without one
    """

    experiment: Experiment
    points: pl.DataFrame
    summaries: dict[str, pl.DataFrame]
    published: dict[str, pl.DataFrame]
    error_points: pl.DataFrame
    errors: pl.DataFrame
    null: pl.DataFrame
    speedup: pl.DataFrame
    shares: pl.DataFrame
    verdicts: list[claims.Verdict]
    views: dict[str, pl.DataFrame]
    paper: Paper
    references: Roots = None
    trace: pl.DataFrame | None = None

    @property
    def core_counts(self) -> list[int]:
        """Core counts simulated, ascending."""
        return [int(count) for count in self.points["cores"].unique().sort()]

    @property
    def curves(self) -> list[tuple[str, str]]:
        """(id, label) of the curves that have results, in the experiment's order."""
        present = set(self.points["curve"].to_list())
        return [(c.id, c.label) for c in self.experiment.curves if c.id in present]


def analyse(
    experiment: Experiment,
    files: Sequence[Path],
    references: Roots = None,
    fits: Sequence[Calibration] | None = None,
) -> Artifact:
    """Analyse the `x.parquet` files of an experiment's curves and the accounts beside them.

    Parameters
    ----------
    references : folders of published numbers; default: the project's and the user's own
    fits : calibrations whose points are marked as fitted; default: see `of_experiment`
    """
    references = roots(experiment.config_dirs) if references is None else references
    fits = of_experiment(experiment) if fits is None else fits
    names = reused(experiment, files)
    points = tidy.read_points(files, names)
    account = tidy.read_account(files, names)
    curves = [curve.id for curve in experiment.curves]
    summaries = {
        measure.id: tidy.summarise(points, measure.column, measure.scale)
        for measure in experiment.measures
    }
    published, compared = {}, [pl.DataFrame(schema=errors.POINTS)]
    for measure in experiment.measures:
        published[measure.id], found = compare(
            experiment, measure, summaries[measure.id], references, fits
        )
        compared += found
    error_points = pl.concat(compared)
    results = Results(points, account)
    shares = results.shares
    wanted = {
        (measure.id, curve): {
            round(cores)
            for cores in published[measure.id].filter(pl.col("curve") == curve)["cores"]
            if cores not in measure.exclude.get(curve, [])
        }
        for measure in experiment.measures
        for curve in measure.series
    }
    evidence = Evidence(points, shares, error_points, wanted, used_in_fits(experiment, fits))
    return Artifact(
        experiment,
        points,
        summaries,
        published,
        error_points,
        errors.summarise(error_points),
        null_model.table(experiment.measures, published, error_points),
        speedup.table(points, curves, published_throughput(experiment, references)),
        shares,
        [claims.evaluate(claim, evidence) for claim in experiment.claims],
        {view.id: view.table(experiment, results, references) for view in experiment.views},
        papers.of_experiment(experiment),
        references,
        read_trace(experiment, files),
    )


def compare(
    experiment: Experiment,
    measure: Measure,
    summary: pl.DataFrame,
    references: Roots,
    fits: Sequence[Calibration],
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """All published points of a measure, and those of each curve beside the simulated ones."""
    rows, compared = [], []
    for curve in (curve.id for curve in experiment.curves):
        if curve not in measure.series or measure.reference is None:
            continue
        name, series = measure.series[curve], read_series(measure, curve, references)
        marked, left_out = fitted(measure, curve, fits), measure.exclude.get(curve, [])
        compared.append(
            errors.compare_series(measure.id, curve, name, summary, series, marked, left_out)
        )
        for point in series:
            role = errors.CALIBRATED if point.x in marked else errors.PREDICTED
            rows.append((curve, name, point.x, point.y, role))
    return pl.DataFrame(rows, schema=PUBLISHED, orient="row"), compared


def used_in_fits(experiment: Experiment, fits: Sequence[Calibration]) -> frozenset[tuple[str, int]]:
    """(curve, cores) of the points that a calibration used, here or where a curve is run."""
    found = {(curve.id, cores) for curve, cores in fitted_points(experiment, fits)}
    for curve in experiment.curves:
        if curve.of:
            source = load_experiment(curve.source[0], experiment.config_dirs)
            found |= {
                (curve.id, cores)
                for original, cores in fitted_points(source, of_experiment(source))
                if original.id == curve.source[1]
            }
    return frozenset(found)


def reused(experiment: Experiment, files: Sequence[Path]) -> dict[Path, str]:
    """Files that hold results of another experiment's curves, with the ids they have here."""
    ids = {curve.of: curve.id for curve in experiment.curves if curve.of}
    places = {path: "/".join(path.with_suffix("").parts[-3:]) for path in files}
    return {path: ids[place] for path, place in places.items() if place in ids}


def read_trace(experiment: Experiment, files: Sequence[Path]) -> pl.DataFrame | None:
    """Read the trace of an experiment's timeline, beside the results of the curve it traces."""
    if experiment.timeline is None:
        return None
    beside = [path for path in files if path.stem == experiment.timeline.curve]
    return timeline.read(beside[0].parent / "traces" / beside[0].name) if beside else None


def read_series(measure: Measure, curve: str, references: Roots) -> list[reference.Published]:
    """Read the published series that a curve answers to."""
    assert measure.reference is not None
    name, columns = measure.series[curve], measure.reference_columns
    return reference.series(measure.reference, name, columns, references)


def published_throughput(experiment: Experiment, references: Roots) -> dict[str, dict[int, float]]:
    """Published total throughput by curve and cores, from a throughput measure if there is one."""
    found: dict[str, dict[int, float]] = {}
    for measure in experiment.measures:
        if measure.column not in ("throughput_per_core", "throughput"):
            continue
        for curve in measure.series:
            if curve in found:
                continue
            per_core = measure.column == "throughput_per_core"
            found[curve] = {
                round(p.x): p.y * p.x if per_core else p.y
                for p in read_series(measure, curve, references)
            }
    return found


# --- files -----------------------------------------------------------------------------------

PARTS = ("claims.json", "figures", "tables")
"""What is made of one experiment's results, in the folder where they lie."""


def write(
    experiment: Experiment,
    files: Sequence[Path],
    folder: Path,
) -> None:
    """Write tables, claims and figures of an experiment, and from what they were made.

    Parameters
    ----------
    files : `x.parquet` of its curves
    folder : gets tables/, claims.json, figures/ and manifest.json
    """
    source = made_from.artifacts_of_files(experiment, files)
    artifact = analyse(experiment, files)
    (folder / manifest.FILE).unlink(missing_ok=True)
    write_tables(artifact, folder / "tables")
    write_claims(artifact, folder / "claims.json")
    write_figures(artifact, folder / "figures")
    write_text(folder / manifest.FILE, manifest.text(folder, source, PARTS))


def write_tables(artifact: Artifact, folder: Path) -> None:
    """Write the tables of an experiment as CSV, numbers in full precision."""
    points = [
        summary.select(pl.lit(measure).alias("measure"), pl.all())
        for measure, summary in artifact.summaries.items()
    ]
    tables = {
        "errors": artifact.errors,
        "error_points": artifact.error_points,
        "breakdown": artifact.shares,
    }
    if points:
        tables["points"] = pl.concat(points)
    if len(artifact.null):
        tables["null_model"] = artifact.null
    if artifact.experiment.speedup:
        tables["speedup"] = artifact.speedup
    tables |= artifact.views
    for name, table in tables.items():
        write_text(folder / f"{name}.csv", table.write_csv())


def write_claims(artifact: Artifact, path: Path) -> None:
    """Write the verdict table of an experiment as JSON."""
    rows = [verdict.row() for verdict in artifact.verdicts]
    write_text(path, json.dumps(rows, indent=2, ensure_ascii=False) + "\n")


def write_figures(artifact: Artifact, folder: Path) -> None:
    """Draw every figure of an experiment as PNG, SVG and PDF."""
    from analysis.draw import breakdown as breakdown_figure
    from analysis.draw import canvas
    from analysis.draw import measure as measure_figure
    from analysis.draw import speedup as speedup_figure
    from analysis.draw import timeline as timeline_figure

    experiment = artifact.experiment
    for measure in experiment.measures:
        figure = measure_figure.draw(
            experiment, measure, artifact.summaries[measure.id], artifact.published[measure.id]
        )
        canvas.save(figure, folder, measure.id)
    if experiment.speedup and len(artifact.speedup):
        canvas.save(speedup_figure.draw(experiment, artifact.speedup), folder, "speedup")
    if experiment.breakdown and len(artifact.shares):
        canvas.save(breakdown_figure.draw(experiment, artifact.shares), folder, "breakdown")
    for view in experiment.views:
        canvas.save(view.draw(experiment, artifact.views[view.id]), folder, view.id)
    if artifact.trace is not None:
        canvas.save(timeline_figure.draw(artifact.trace), folder, "timeline")
