"""Curves of a case beside one of them: how many times its value."""

from __future__ import annotations

import matplotlib.pyplot as plt
import polars as pl
import seaborn
from matplotlib.figure import Figure

from analysis.draw import style
from analysis.read import tidy
from analysis.read.results import Results
from analysis.wording import counted, number
from sim.experiment.file import Experiment
from sim.experiment.references import Roots
from sim.experiment.views import RelativeView
from sim.statistics import interval_of_ratio

SCHEMA = {
    "curve": pl.String,
    "case": pl.String,
    "design": pl.String,
    "group": pl.String,
    "series": pl.String,
    "value": pl.Float64,
    "ratio": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
WIDE = 8.0
"""Span of ratios from which on the axis is logarithmic."""


def table(
    view: RelativeView, experiment: Experiment, results: Results, references: Roots
) -> pl.DataFrame:
    """One row per curve whose case has the curve that it is compared with."""
    plain = tidy.base(results.points).filter(pl.col("cores") == view.cores)
    values = {
        str(curve): tidy.by_seed(point, view.column)
        for (curve,), point in plain.group_by("curve", maintain_order=True)
    }
    one = {
        c.case: values[c.id] for c in experiment.curves if c.design == view.over and c.id in values
    }
    rows = []
    for curve in experiment.curves:
        mine, over = values.get(curve.id), one.get(curve.case)
        if mine and over and any(over.values()):
            names = (curve.id, curve.case, curve.design, curve.group, curve.label)
            mean = sum(mine.values()) / len(mine)
            rows.append((*names, mean, *interval_of_ratio(mine, over)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def draw(view: RelativeView, experiment: Experiment, table: pl.DataFrame) -> Figure:
    """Horizontal bars from 1 on, case by case, each with its ratio."""
    style.apply()
    groups = dict(table.select("case", "group").iter_rows())
    figure, pair = plt.subplots(
        figsize=(style.WIDTH, 0.9 + 0.29 * (len(table) + 0.7 * len(groups))), layout="constrained"
    )
    colours = style.colour_of(list(groups))
    ticks: list[tuple[float, str]] = []
    place = 0.0
    for case, group in groups.items():
        pair.annotate(
            group,
            (0, place),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            fontweight="bold",
        )
        place += 0.8
        for row in table.filter(pl.col("case") == case).iter_rows(named=True):
            pair.barh(place, row["ratio"] - 1, left=1, height=0.7, color=colours[case], alpha=0.75)
            pair.annotate(
                _short(row["ratio"]),
                (max(row["ratio"], 1), place),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
            ticks.append((place, row["series"]))
            place += 1
        place += 0.2
    pair.set_yticks([at for at, _ in ticks], [name for _, name in ticks])
    pair.set_ylim(place - 0.4, -0.6)
    low, high = float(table["ratio"].min()), float(table["ratio"].max())  # type: ignore[arg-type]
    if high / low >= WIDE:
        pair.set_xscale("log")
    pair.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    pair.margins(x=0.12)
    pair.axvline(1, color=style.INK, linewidth=0.9)
    pair.grid(axis="x")
    pair.grid(visible=False, axis="y")
    pair.set_xlabel(view.label)
    seaborn.despine(fig=figure)
    return figure


def _short(ratio: float) -> str:
    """A ratio in three digits."""
    return number(float(f"{ratio:.3g}"))


def finding(view: RelativeView, experiment: Experiment, table: pl.DataFrame) -> str:
    """Every bar in words."""
    said = [
        f"{row['group']}, {row['series']}: {_short(row['ratio'])}"
        for row in table.iter_rows(named=True)
        if row["design"] != view.over
    ]
    return f"At {counted(view.cores)}, {experiment.labels[view.over]} being 1. {'; '.join(said)}."


def cells(
    view: RelativeView, experiment: Experiment, table: pl.DataFrame
) -> tuple[list[str], list[list[str]], list[bool]]:
    """One row per curve."""
    rows = [
        [g, s, number(v), number(r), f"{number(low)} … {number(high)}"]
        for _, _, _, g, s, v, r, low, high in table.iter_rows()
    ]
    header = ["workload", "design", "value", "ratio", "95 % interval"]
    return header, rows, [False, False, True, True, True]
