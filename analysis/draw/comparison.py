"""A measure of two results in one figure: the one dashed and faint, the other solid."""

from __future__ import annotations

import polars as pl
import seaborn
from matplotlib.figure import Figure

from analysis.draw import canvas, style
from analysis.draw.bridge import columns
from analysis.read.compare import Comparison

BEFORE_DASHES = (0, (4, 2))


def draw(
    comparison: Comparison, labels: dict[str, str], before: str, after: str, axis_label: str
) -> Figure:
    """Draw `compare.compare` of one experiment; `labels` maps a result's name to its curve."""
    figure, pair = canvas.axes()
    colours = style.colour_of(list(labels))
    ends = []
    points = comparison.points
    for name, label in labels.items():
        mine = points.filter(pl.col("curve") == name).sort("cores")
        if mine.is_empty():
            continue
        colour = colours[name]
        pair.fill_between(
            mine["cores"].to_list(),
            mine["after_low"].to_list(),
            mine["after_high"].to_list(),
            color=colour,
            alpha=0.25,
            linewidth=0,
        )
        for column, dashes, alpha in (("before", BEFORE_DASHES, 0.65), ("after", "-", 1.0)):
            seaborn.lineplot(
                data=columns(mine.select("cores", column)),
                x="cores",
                y=column,
                color=colour,
                linestyle=dashes,
                alpha=alpha,
                errorbar=None,
                marker="." if len(mine) < 3 else None,
                ax=pair,
            )
        ends.append((label, float(mine["cores"][-1]), float(mine["after"][-1]), colour))
    highs = [*points["before"].to_list(), *points["after_high"].to_list()]
    top = max(highs, default=0.0)
    pair.set_ylim(0, 1.06 * top if top > 0 else 1.0)
    canvas.core_axis(pair, points["cores"].to_list() or [1])
    pair.set_ylabel(axis_label)
    pair.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    canvas.label_lines(pair, ends)
    solid, dashed = canvas.line_mark(), canvas.line_mark()
    dashed.set_linestyle(BEFORE_DASHES)
    canvas.key(figure, [(after, solid), (before, dashed)])
    seaborn.despine(fig=figure)
    return figure
