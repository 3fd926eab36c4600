"""Values of named words over time, from a trace: the paper's Figure 2 for a sloppy counter."""

from __future__ import annotations

import polars as pl
import seaborn
from matplotlib.figure import Figure

from analysis import style, timeline
from analysis.figures import canvas
from analysis.figures.bridge import columns


def draw(trace: pl.DataFrame) -> Figure:
    """Draw `timeline.values` of a trace as steps, each word a line."""
    figure, pair = canvas.axes()
    values = timeline.values(trace)
    names = values["name"].unique(maintain_order=True).to_list()
    colours, widths = style.colour_of(names), style.width_of(names)
    ends = []
    for name in names:
        mine = values.filter(pl.col("name") == name)
        seaborn.lineplot(
            data=columns(mine.select("time_cycles", "value")),
            x="time_cycles",
            y="value",
            drawstyle="steps-post",
            color=colours[name],
            linewidth=widths[name],
            errorbar=None,
            estimator=None,
            sort=False,
            ax=pair,
        )
        ends.append((name, float(mine["time_cycles"][-1]), float(mine["value"][-1]), colours[name]))
    pair.set_ylim(0, float(values["value"].max() or 1) * 1.15)  # type: ignore[arg-type]
    pair.set_xlabel("time (cycles)")
    pair.set_ylabel("references")
    pair.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    canvas.label_lines(pair, ends)
    seaborn.despine(fig=figure)
    return figure
