"""Stacked shares of an operation's cycles by (object, cause), one panel per curve."""

from __future__ import annotations

import matplotlib.pyplot as plt
import polars as pl
import seaborn
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis.draw import canvas, style
from analysis.read import breakdown
from sim.experiment.file import Experiment

PANEL_COLUMNS = 2


def draw(experiment: Experiment, shares: pl.DataFrame) -> Figure:
    """Draw `breakdown.shares` of an experiment, in percent, up to 100 at every core count."""
    style.apply()
    table = breakdown.grouped(shares)
    present = set(table["curve"].to_list())
    curves = [curve for curve in experiment.curves if curve.id in present]
    ranked = table.select("label", "rank").unique().sort("rank")["label"].to_list()
    fills = style.fill_of([label for label in ranked if label != breakdown.OTHER])
    fills[breakdown.OTHER] = {"facecolor": style.OTHER}
    across = min(PANEL_COLUMNS, len(curves))
    down = -(-len(curves) // across)
    legend_rows = -(-len(ranked) // 2)
    figure, panels = plt.subplots(
        down,
        across,
        figsize=(style.WIDTH, 0.5 + 2.7 * down + 0.2 * legend_rows),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    cells = list(panels.flat)
    for pair, curve in zip(cells, curves, strict=False):
        mine = table.filter(pl.col("curve") == curve.id)
        counts = sorted(mine["cores"].unique().to_list())
        bottoms = dict.fromkeys(counts, 0.0)
        for label in ranked:
            rows = mine.filter(pl.col("label") == label)
            heights = dict(rows.select("cores", "percent").iter_rows())
            pair.bar(
                range(len(counts)),
                [heights.get(count, 0.0) for count in counts],
                bottom=[bottoms[count] for count in counts],
                width=0.84,
                **fills[label],
                edgecolor="white",
                linewidth=0.5,
            )
            for count in counts:
                bottoms[count] += heights.get(count, 0.0)
        step = max(1, -(-len(counts) // 8))
        shown = [i for i in range(len(counts)) if (len(counts) - 1 - i) % step == 0]
        pair.set_xticks(shown, [str(counts[i]) for i in shown])
        pair.set_xlabel("cores")
        pair.set_ylim(0, 100)
        name = f"{curve.group}, {curve.label}" if curve.group else curve.label
        pair.set_title(name, fontsize=10, fontweight="bold", loc="left")
    for pair in cells[len(curves) :]:
        pair.set_axis_off()
    for row in panels:
        row[0].set_ylabel("% of an operation's cycles")
    canvas.key(
        figure,
        [(label, Patch(**fills[label], edgecolor="white", linewidth=0)) for label in ranked],
        columns=2,
    )
    seaborn.despine(fig=figure)
    return figure
