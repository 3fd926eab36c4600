"""One bar per curve: a column at one core count over the same at another (OSDI'10 Figure 3)."""

from __future__ import annotations

import polars as pl
import seaborn
from matplotlib.figure import Figure

from analysis.draw import canvas, style
from analysis.draw.bridge import columns
from analysis.read import reference, tidy
from analysis.read.results import Results
from analysis.wording import number
from sim.experiment.file import Experiment
from sim.experiment.references import Roots
from sim.experiment.views import RatioView

SCHEMA = {
    "curve": pl.String,
    "case": pl.String,
    "design": pl.String,
    "group": pl.String,
    "series": pl.String,
    "simulated": pl.Float64,
    "published": pl.Float64,
    "error_percent": pl.Float64,
}


def table(
    view: RatioView,
    experiment: Experiment,
    results: Results,
    references: Roots,
) -> pl.DataFrame:
    """Ratio of every curve that has both points, with the published one."""
    summary = tidy.base(tidy.summarise(results.points, view.column))
    mean = {(c, n): v for c, n, v in summary.select("curve", "cores", "mean").iter_rows()}
    published = {}
    if view.reference is not None:
        rows = reference.table(view.reference, references)
        published = {(x, s): float(y) for s, x, y in rows.select("series", "x", "y").iter_rows()}
    found = []
    for curve in experiment.curves:
        many, few = mean.get((curve.id, view.cores)), mean.get((curve.id, view.over_cores))
        if many is None or not few:
            continue
        place = (view.cases.get(curve.case), view.series.get(curve.design))
        paper = published.get(place)
        value = many / few
        error = None if paper is None else 100 * (value / paper - 1)
        names = (curve.id, curve.case, curve.design, curve.group, curve.label)
        found.append((*names, value, paper, error))
    return pl.DataFrame(found, schema=SCHEMA, orient="row")


def draw(view: RatioView, experiment: Experiment, table: pl.DataFrame) -> Figure:
    """Bars by case, one colour per design, published values as marks."""
    figure, pair = canvas.axes()
    series = table["design"].unique(maintain_order=True).to_list()
    groups = table["case"].unique(maintain_order=True).to_list()
    colours = style.colour_of(series)
    seaborn.barplot(
        data=columns(table.select("case", "design", "simulated")),
        x="case",
        y="simulated",
        hue="design",
        order=groups,
        hue_order=series,
        palette=colours,
        saturation=1,
        alpha=0.75,
        width=0.8,
        legend=False,
        ax=pair,
    )
    width = 0.8 / max(len(series), 1)
    for row in table.filter(pl.col("published").is_not_null()).iter_rows(named=True):
        offset = (series.index(row["design"]) + 0.5) * width - 0.4
        pair.plot(
            [groups.index(row["case"]) + offset],
            [row["published"]],
            marker="o",
            color="white",
            markeredgecolor=style.INK,
            markersize=6,
        )
    pair.set_xticks(range(len(groups)), [experiment.groups[case] for case in groups])
    pair.set_xlabel("")
    pair.set_ylabel(view.label)
    pair.set_ylim(0, None)
    marks = [(experiment.labels[name], canvas.band_mark(0.75, colours[name])) for name in series]
    if table["published"].drop_nulls().len():
        marks.append(("published", canvas.point_mark(hollow=True, colour=style.INK)))  # type: ignore[arg-type]
    canvas.key(figure, marks, columns=3)
    seaborn.despine(fig=figure)
    return figure


def finding(view: RatioView, experiment: Experiment, table: pl.DataFrame) -> str:
    """Every bar in words."""
    parts = []
    for row in table.iter_rows(named=True):
        paper = f" (published: {number(row['published'])})" if row["published"] is not None else ""
        parts.append(f"{row['group']}, {row['series']}: {number(row['simulated'])}{paper}")
    return f"{view.label}. " + "; ".join(parts) + "."


def cells(
    view: RatioView, experiment: Experiment, table: pl.DataFrame
) -> tuple[list[str], list[list[str]], list[bool]]:
    """One row per bar."""
    header = ["group", "series", "simulated", "published", "error %"]
    rows = [
        [g, s, number(v), number(p), "–" if e is None else f"{e:+.1f}".replace("-", "−")]
        for _, _, _, g, s, v, p, e in table.iter_rows()
    ]
    return header, rows, [False, False, True, True, True]
