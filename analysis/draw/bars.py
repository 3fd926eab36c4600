"""A measure of a few points: one horizontal bar for each curve and core count."""

from __future__ import annotations

import matplotlib.pyplot as plt
import polars as pl
import seaborn
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from analysis.draw import canvas, style
from analysis.judge import errors
from analysis.read import tidy
from analysis.wording import counted, number
from sim.experiment.file import Experiment, Measure

FEW = 3
"""Core counts per curve up to which bars say more than lines."""


def suits(summary: pl.DataFrame) -> bool:
    """Whether no curve has more than a few points."""
    counts = tidy.base(summary).group_by("curve").len()["len"].to_list()
    return max(counts, default=0) <= FEW


def draw(
    experiment: Experiment,
    measure: Measure,
    summary: pl.DataFrame,
    published: pl.DataFrame,
) -> Figure:
    """Draw one measure of an experiment, as `measure.draw` does for many points."""
    style.apply()
    labels = {curve.id: curve.label for curve in experiment.curves}
    colours = style.colour_of(list(labels))
    lines = tidy.base(summary)
    one_count = lines["cores"].n_unique() == 1
    rows = [
        row
        for curve in labels
        for row in lines.filter(pl.col("curve") == curve).sort("cores").iter_rows(named=True)
    ]
    figure, pair = plt.subplots(figsize=(style.WIDTH, 0.9 + 0.3 * len(rows)), layout="constrained")
    paper = {
        (row["curve"], round(row["cores"])): (row["published"], row["role"])
        for row in published.iter_rows(named=True)
    }
    roles = set()
    for place, row in enumerate(rows):
        colour = colours[row["curve"]]
        pair.barh(place, row["mean"], color=colour, alpha=0.75, height=0.7)
        pair.plot([row["low"], row["high"]], [place, place], color=style.INK, linewidth=1.4)
        pair.annotate(
            number(row["mean"]),
            (max(row["mean"], row["high"]), place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
        value, role = paper.get((row["curve"], row["cores"]), (None, ""))
        if value is not None:
            roles.add(role)
            face = "white" if role == errors.CALIBRATED else style.INK
            pair.plot([value], [place], marker="o", color=face, markeredgecolor=style.INK)
    names = [
        labels[row["curve"]] + ("" if one_count else f", {counted(row['cores'])}") for row in rows
    ]
    pair.set_yticks(range(len(rows)), names)
    pair.invert_yaxis()
    pair.set_xlabel(measure.label)
    pair.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    pair.margins(x=0.12)
    pair.set_xlim(0, None)
    pair.grid(axis="x")
    pair.grid(visible=False, axis="y")
    marks: list[tuple[str, Artist]] = [("simulated, mean", canvas.band_mark(0.75))]
    if errors.PREDICTED in roles:
        marks.append(("published", canvas.point_mark(hollow=False, colour=style.INK)))
    if errors.CALIBRATED in roles:
        marks.append(
            ("published, used in calibration", canvas.point_mark(hollow=True, colour=style.INK))
        )
    canvas.key(figure, marks)
    seaborn.despine(fig=figure)
    return figure
