"""Speed-up against cores, with the ideal line and the published speed-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import seaborn
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.draw import canvas, style
from analysis.draw.bridge import columns
from sim.experiment.file import Experiment


def draw(experiment: Experiment, table: pl.DataFrame) -> Figure:
    """Draw `speedup.table` of an experiment."""
    figure, pair = canvas.axes()
    labels = {curve.id: curve.label for curve in experiment.curves}
    colours, widths = style.colours_of(experiment), style.width_of(list(labels))
    dashes = style.dashes_of(list(labels))
    counts = sorted(table["cores"].unique().to_list()) or [1]
    pair.plot(
        [counts[0], counts[-1]],
        [counts[0], counts[-1]],
        color=style.GUIDE,
        linestyle=(0, (4, 3)),
        linewidth=1.2,
        zorder=1,
    )
    ends = [("ideal", float(counts[-1]), float(counts[-1]), style.GUIDE)]
    for curve, label in labels.items():
        mine = table.filter(pl.col("curve") == curve).sort("cores")
        if mine.is_empty():
            continue
        look = {"color": colours[curve], "linewidth": widths[curve], "linestyle": dashes[curve]}
        draw_curve(pair, mine, look)
        end = float(mine["cores"][-1]), float(mine["speedup"][-1])
        ends.append((label, *end, colours[curve]))
    tops = [counts[-1], *table["speedup"].to_list(), *table["published"].drop_nulls().to_list()]
    pair.set_ylim(0, 1.06 * max(tops))
    canvas.core_axis(pair, counts)
    pair.set_ylabel("speed-up, throughput(N) / throughput(1)")
    canvas.label_lines(pair, ends)
    entries: list[tuple[str, Artist]] = [("simulated", canvas.line_mark())]
    if table["published"].drop_nulls().len():
        entries.append(("published", canvas.point_mark(hollow=False)))
    canvas.key(figure, entries)
    seaborn.despine(fig=figure)
    return figure


def draw_curve(axes: Axes, curve: pl.DataFrame, look: Mapping[str, Any]) -> None:
    """Draw one curve, and what was published of it.

    Parameters
    ----------
    curve : rows of `speedup.table`, ascending in cores
    look : colour, width and dashes of the line
    """
    seaborn.lineplot(
        data=columns(curve.select("cores", "speedup")),
        x="cores",
        y="speedup",
        errorbar=None,
        marker="." if len(curve) < 3 else None,
        ax=axes,
        zorder=3,
        **look,
    )
    paper = curve.drop_nulls("published")
    if not paper.is_empty():
        seaborn.scatterplot(
            data=columns(paper.select("cores", "published")),
            x="cores",
            y="published",
            color=look["color"],
            edgecolor=look["color"],
            s=34,
            legend=False,
            ax=axes,
            zorder=4,
        )
