"""What limits each curve: the objects whose cycles per operation grow most with cores.

An object that takes much of one core's time is work; what grows when cores are added is what
stops scaling. The table names the three largest, from the simulator's account alone, beside the
published attribution (OSDI'10 Figure 12).
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import polars as pl
import seaborn
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis.draw import canvas, style
from analysis.read import breakdown, reference
from analysis.read.results import Results
from analysis.wording import contribution_of, name_of, percent
from sim.experiment.file import Experiment
from sim.experiment.references import Roots
from sim.experiment.views import BottleneckView

NAMED = 3
SCHEMA = {
    "curve": pl.String,
    "group": pl.String,
    "label": pl.String,
    "rank": pl.Int64,
    "object": pl.String,
    "cause": pl.String,
    "grown_share": pl.Float64,
    "published": pl.String,
}


def table(
    view: BottleneckView,
    experiment: Experiment,
    results: Results,
    references: Roots,
) -> pl.DataFrame:
    """The largest growths of every curve, as shares of all cycles that an operation gained."""
    published = {}
    if view.reference is not None:
        rows = reference.table(view.reference, references)
        published = dict(rows.select("application", "bottleneck").iter_rows())
    found = []
    for curve in experiment.curves:
        mine = results.shares.filter(pl.col("curve") == curve.id)
        few = mine.filter(pl.col("cores") == view.over_cores)
        many = mine.filter(pl.col("cores") == view.cores)
        if few.is_empty() or many.is_empty():
            continue
        grown = breakdown.growth(few, many)
        paper = published.get(view.cases.get(curve.case))
        total = float(grown["grown"].sum())
        for rank, (thing, cause, cycles) in enumerate(grown.head(NAMED).iter_rows(), 1):
            found.append(
                (curve.id, curve.group, curve.label, rank, thing, cause, cycles / total, paper)
            )
    return pl.DataFrame(found, schema=SCHEMA, orient="row")


def draw(view: BottleneckView, experiment: Experiment, table: pl.DataFrame) -> Figure:
    """One bar per curve, its largest growths in order, named inside."""
    style.apply()
    curves = [c for c in experiment.curves if c.id in set(table["curve"].to_list())]
    figure, pair = plt.subplots(
        figsize=(1.3 * style.WIDTH, 0.9 + 0.55 * len(curves)), layout="constrained"
    )
    for row, curve in enumerate(curves):
        left = 0.0
        for found in table.filter(pl.col("curve") == curve.id).iter_rows(named=True):
            width = 100 * found["grown_share"]
            shade = style.PALETTE[found["rank"] - 1]
            pair.barh(row, width, left=left, color=shade, alpha=0.85, edgecolor="white")
            text = contribution_of(found["object"], found["cause"])
            if width > 1.25 * len(text):
                pair.text(
                    left + width / 2,
                    row,
                    text,
                    ha="center",
                    va="center",
                    fontsize=7.5,
                    color="white",
                )
            left += width
    pair.set_yticks(range(len(curves)), [f"{c.group or c.label}" for c in curves])
    pair.invert_yaxis()
    pair.set_xlim(0, 100)
    pair.set_xlabel(
        f"% of the cycles that an operation gains from {view.over_cores} to {view.cores} cores"
    )
    marks = [
        (text, Patch(facecolor=style.PALETTE[i], alpha=0.85))
        for i, text in enumerate(("grows most", "second", "third"))
    ]
    canvas.key(figure, marks, columns=3)
    seaborn.despine(fig=figure)
    return figure


def finding(view: BottleneckView, experiment: Experiment, table: pl.DataFrame) -> str:
    """First growth of every curve."""
    parts = [
        f"{row['group'] or row['label']}: {contribution_of(row['object'], row['cause'])}, "
        f"{percent(100 * row['grown_share'], 0)} of the growth"
        for row in table.filter(pl.col("rank") == 1).iter_rows(named=True)
    ]
    return (
        f"What grows most from {view.over_cores} to {view.cores} cores. " + "; ".join(parts) + "."
    )


def cells(
    view: BottleneckView, experiment: Experiment, table: pl.DataFrame
) -> tuple[list[str], list[list[str]], list[bool]]:
    """One row per curve and rank."""
    header = [
        "group",
        "curve",
        "rank",
        "object",
        "cause",
        "share of growth",
        "published bottleneck",
    ]
    rows = [
        [
            row["group"],
            row["label"],
            str(row["rank"]),
            name_of(row["object"]),
            name_of(row["cause"]),
            percent(100 * row["grown_share"], 0),
            (row["published"] or "") if row["rank"] == 1 else "",
        ]
        for row in table.iter_rows(named=True)
    ]
    return header, rows, [False, False, True, False, False, True, False]
