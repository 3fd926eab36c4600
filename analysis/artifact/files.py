"""What is made of one experiment's results, in the folder where they lie."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from analysis.artifact import parts, stored
from analysis.artifact.analyse import analyse
from analysis.artifact.record import Analysed, Artifact
from analysis.read import made_from, manifest
from sim.drafts import write_text
from sim.experiment.file import Experiment

NOTHING = "nothing to show: the curves that this figure compares have no results"


def write(
    experiment: Experiment,
    files: Sequence[Path],
    folder: Path,
) -> None:
    """Write an experiment's artifact, tables, claims and figures, and from what they were made.

    Parameters
    ----------
    files : `x.parquet` of its curves
    folder : gets artifact.json, tables/, claims.json, figures/ and manifest.json
    """
    source = made_from.artifacts_of_files(experiment, files)
    artifact = analyse(experiment, files)
    (folder / manifest.FILE).unlink(missing_ok=True)
    write_text(folder / parts.FILE, stored.text(artifact))
    write_tables(artifact, folder / "tables")
    write_claims(artifact, folder / "claims.json")
    write_figures(artifact, folder / "figures")
    write_text(folder / manifest.FILE, manifest.text(folder, source, parts.PARTS))


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
    if len(artifact.naive):
        tables["naive_fifo"] = artifact.naive
    if artifact.experiment.speedup:
        tables["speedup"] = artifact.speedup
    tables |= artifact.views
    for name, table in tables.items():
        write_text(folder / f"{name}.csv", table.write_csv())


def write_claims(artifact: Artifact, path: Path) -> None:
    """Write the verdict table of an experiment as JSON."""
    rows = [verdict.row() for verdict in artifact.verdicts]
    write_text(path, json.dumps(rows, indent=2, ensure_ascii=False) + "\n")


def write_figures(artifact: Analysed, folder: Path) -> None:
    """Draw every figure of an experiment as PNG, SVG and PDF."""
    from analysis.draw import breakdown as breakdown_figure
    from analysis.draw import canvas
    from analysis.draw import measure as measure_figure
    from analysis.draw import speedup as speedup_figure
    from analysis.draw import sweep as sweep_figure
    from analysis.draw import timeline as timeline_figure

    experiment = artifact.experiment
    for measure in experiment.measures:
        figure = measure_figure.draw(
            experiment, measure, artifact.summaries[measure.id], artifact.published[measure.id]
        )
        canvas.save(figure, folder, measure.id)
        if set(experiment.axes) - {"cores"}:
            asked = measure.column, measure.scale, measure.label
            figure = sweep_figure.of_axes(artifact.points, *asked)
            canvas.save(figure, folder, f"{measure.id}_axes")
    if experiment.speedup and len(artifact.speedup):
        canvas.save(speedup_figure.draw(experiment, artifact.speedup), folder, "speedup")
    if experiment.breakdown and len(artifact.shares):
        canvas.save(breakdown_figure.draw(experiment, artifact.shares), folder, "breakdown")
    for view in experiment.views:
        table = artifact.views[view.id]
        figure = view.draw(experiment, table) if len(table) else canvas.blank(NOTHING)
        canvas.save(figure, folder, view.id)
    if artifact.trace is not None:
        canvas.save(timeline_figure.draw(artifact.trace), folder, "timeline")
