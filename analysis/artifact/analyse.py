"""From the results of an experiment's curves to its artifact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from analysis.artifact.record import PUBLISHED, Analysed
from analysis.judge import claims, errors, naive_fifo, null_model
from analysis.judge.evidence import Evidence
from analysis.read import reference, speedup, tidy, timeline
from analysis.read.results import Results
from sim.experiment import papers
from sim.experiment.calibrations import Calibration, fitted, fitted_points, of_experiment
from sim.experiment.file import Experiment, Measure
from sim.experiment.plan import load_experiment
from sim.experiment.references import Roots, roots


def analyse(
    experiment: Experiment,
    files: Sequence[Path],
    references: Roots = None,
    fits: Sequence[Calibration] | None = None,
) -> Analysed:
    """Analyse the `x.parquet` files of an experiment's curves and the accounts beside them.

    Parameters
    ----------
    references : folders of published numbers; default: the project's and the user's own
    fits : calibrations whose points are marked as fitted; default: see `of_experiment`
    """
    references = roots(experiment.config_dirs) if references is None else references
    fits = of_experiment(experiment) if fits is None else fits
    own = reused(experiment, files)
    points = tidy.read_points(files, own)
    account = tidy.read_account(files, own)
    curves = [curve.id for curve in experiment.curves]
    compared = compare_all(experiment, points, references, fits)
    results = Results(points, account)
    shares = results.shares
    evidence = evidence_of(experiment, points, shares, compared, fits)
    trace = read_trace(experiment, files)
    stated = papers.of_experiment(experiment).judged == "statements"
    names = claims.names_of_curves(experiment)
    return Analysed(
        experiment=experiment,
        present=frozenset(points["curve"].to_list()),
        summaries=compared.summaries,
        published=compared.published,
        error_points=compared.points,
        errors=errors.summarise(compared.points),
        null=null_model.table(experiment.measures, compared.published, compared.points),
        naive=naive_fifo.table(experiment.measures, files, compared.points),
        speedup=speedup.table(points, curves, published_throughput(experiment, references)),
        shares=shares,
        verdicts=[claims.evaluate(claim, evidence, stated, names) for claim in experiment.claims],
        views={view.id: view.table(experiment, results, references) for view in experiment.views},
        timeline="" if trace is None else timeline.finding(trace),
        references=references,
        points=points,
        trace=trace,
    )


@dataclass(frozen=True)
class Compared:
    """Every measure of an experiment beside what was published, by its id; and all points of both.

    summaries : `tidy.summarise` in the measure's unit
    published : all published points of its series, simulated or not
    points : those that are both, of all measures
    """

    summaries: dict[str, pl.DataFrame]
    published: dict[str, pl.DataFrame]
    points: pl.DataFrame


def compare_all(
    experiment: Experiment,
    points: pl.DataFrame,
    references: Roots,
    fits: Sequence[Calibration],
) -> Compared:
    """Compare all measures of an experiment's results with what was published."""
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
    return Compared(summaries, published, pl.concat(compared))


def evidence_of(
    experiment: Experiment,
    points: pl.DataFrame,
    shares: pl.DataFrame,
    compared: Compared,
    fits: Sequence[Calibration],
) -> Evidence:
    """Put together what an experiment's claims are judged by."""
    wanted = wanted_points(experiment, compared.published)
    used = used_in_fits(experiment, fits)
    return Evidence(points, shares, compared.points, wanted, used)


def wanted_points(
    experiment: Experiment, published: Mapping[str, pl.DataFrame]
) -> dict[tuple[str, str], set[int]]:
    """Core counts published and not left out, by (measure, curve): error claims need them all."""
    return {
        (measure.id, curve): {
            round(cores)
            for cores in published[measure.id].filter(pl.col("curve") == curve)["cores"]
            if cores not in measure.exclude.get(curve, [])
        }
        for measure in experiment.measures
        for curve in measure.series
    }


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
            source = load_experiment(curve.source[0], experiment.config_dirs, experiment.also)
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
