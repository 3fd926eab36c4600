"""Values of named words over time, from a trace: the paper's Figure 2 for a sloppy counter."""

from __future__ import annotations

import matplotlib.pyplot as plt
import polars as pl
import seaborn
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.draw import canvas, style
from analysis.draw.bridge import columns
from analysis.read import timeline

TOP = ("in use", "central count")


def draw(trace: pl.DataFrame) -> Figure:
    """Draw `timeline.values` of a trace: what is counted above, the cores' spares below."""
    style.apply()
    figure, (above, below) = plt.subplots(
        2, 1, sharex=True, figsize=(style.WIDTH, 1.25 * style.HEIGHT), layout="constrained"
    )
    values = timeline.values(trace)
    names = values["name"].unique(maintain_order=True).to_list()
    colours = style.colour_of(names)
    for pair, shown in (
        (above, [name for name in names if name in TOP]),
        (below, [name for name in names if name not in TOP]),
    ):
        ends = []
        for name in shown:
            mine = values.filter(pl.col("name") == name)
            seaborn.lineplot(
                data=columns(mine.select("time_cycles", "value")),
                x="time_cycles",
                y="value",
                drawstyle="steps-post",
                color=colours[name],
                linewidth=1.8,
                errorbar=None,
                estimator=None,
                sort=False,
                ax=pair,
            )
            last = float(mine["time_cycles"][-1]), float(mine["value"][-1])
            ends.append((name, *last, colours[name]))
        pair.set_ylim(0, None)
        pair.yaxis.set_major_locator(MaxNLocator(integer=True))
        canvas.label_lines(pair, ends)
    above.set_ylabel("references")
    below.set_ylabel("spare references")
    below.set_xlabel("time (cycles)")
    below.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    seaborn.despine(fig=figure)
    return figure
