"""A measure of a few points: one horizontal bar for each curve and core count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import matplotlib.pyplot as plt
import polars as pl
import seaborn
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.draw import canvas, style
from analysis.judge import errors
from analysis.read import tidy
from analysis.wording import number
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
    colours = style.colours_of(experiment)
    rows = _rows(summary, list(labels))
    figure, pair = plt.subplots(figsize=(style.WIDTH, 0.9 + 0.3 * len(rows)), layout="constrained")
    paper = {
        (row["curve"], round(row["cores"])): (row["published"], row["role"])
        for row in published.iter_rows(named=True)
    }
    roles: set[str] = set()
    for place, row in enumerate(rows):
        _simulated(pair, place, row, colours[row["curve"]])
        value, role = paper.get((row["curve"], row["cores"]), (None, ""))
        if value is not None:
            roles.add(role)
            _published(pair, place, value, role)
    named = {curve.id: curve for curve in experiment.curves}
    one_count = len({row["cores"] for row in rows}) == 1
    names = [
        labels[row["curve"]] + ("" if one_count else f", {named[row['curve']].at(row['cores'])}")
        for row in rows
    ]
    _axes(pair, names, measure.label)
    canvas.key(figure, _marks(roles))
    seaborn.despine(fig=figure)
    return figure


def _rows(summary: pl.DataFrame, curves: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of the summary in the order of the bars: by curve, then by core count."""
    lines = tidy.base(summary)
    return [
        row
        for curve in curves
        for row in lines.filter(pl.col("curve") == curve).sort("cores").iter_rows(named=True)
    ]


def _simulated(pair: Axes, place: int, row: Mapping[str, Any], colour: str) -> None:
    """Draw one bar, its confidence interval, and its value in figures."""
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


def _published(pair: Axes, place: int, value: float, role: str) -> None:
    """Mark a published value on its bar, hollow if a calibration used it."""
    face = "white" if role == errors.CALIBRATED else style.INK
    pair.plot([value], [place], marker="o", color=face, markeredgecolor=style.INK)


def _axes(pair: Axes, names: Sequence[str], label: str) -> None:
    """Name the bars, the first on top, and label the axis of their values."""
    pair.set_yticks(range(len(names)), names)
    pair.invert_yaxis()
    pair.set_xlabel(label)
    pair.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    pair.margins(x=0.12)
    pair.set_xlim(0, None)
    pair.grid(axis="x")
    pair.grid(visible=False, axis="y")


def _marks(roles: AbstractSet[str]) -> list[tuple[str, Artist]]:
    """Marks of the key: those of the published values only where some are drawn."""
    marks: list[tuple[str, Artist]] = [("simulated, mean", canvas.band_mark(0.75))]
    if errors.PREDICTED in roles:
        marks.append(("published", canvas.point_mark(hollow=False, colour=style.INK)))
    if errors.CALIBRATED in roles:
        marks.append(
            ("published, used in calibration", canvas.point_mark(hollow=True, colour=style.INK))
        )
    return marks
