"""What a lead rests on: the same comparison with each assumed number halved and doubled."""

from __future__ import annotations

import matplotlib.pyplot as plt
import polars as pl
import seaborn
from matplotlib.figure import Figure

from analysis.draw import canvas, style
from analysis.read import tidy
from analysis.read.results import Results
from analysis.wording import counted, number
from sim.experiment.file import Experiment
from sim.experiment.references import Roots
from sim.experiment.views import AssumptionView

SCHEMA = {
    "key": pl.String,
    "factor": pl.Float64,
    "ratio": pl.Float64,
    "base": pl.Float64,
    "effect": pl.Float64,
}

NOTICED = 0.002
"""Relative effect below which a number is not drawn."""


def table(
    view: AssumptionView, experiment: Experiment, results: Results, references: Roots
) -> pl.DataFrame:
    """Ratio to the other curve for every scaled number, those with the largest effect first."""
    summary = tidy.summarise(results.points, view.column).filter(pl.col("cores") == view.cores)
    plain = dict(tidy.base(summary).select("curve", "mean").iter_rows())
    if view.curve not in plain or not plain.get(view.over_curve):
        return pl.DataFrame(schema=SCHEMA)
    over = plain[view.over_curve]
    base = plain[view.curve] / over
    rows = []
    scaled = summary.filter(
        (pl.col("curve") == view.curve) & (pl.col("variant_kind") == "sensitivity")
    )
    for row in scaled.iter_rows(named=True):
        variation, ratio = tidy.variation_of(row), row["mean"] / over
        rows.append((variation.key, variation.factor, ratio, base, abs(ratio - base)))
    found = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return (
        found.with_columns(pl.col("effect").max().over("key").alias("largest"))
        .sort(["largest", "key", "factor"], descending=[True, False, False])
        .drop("largest")
    )


def draw(view: AssumptionView, experiment: Experiment, table: pl.DataFrame) -> Figure:
    """One bar per number, from its halved to its doubled value."""
    style.apply()
    felt = table.filter(pl.col("effect") >= NOTICED * pl.col("base"))
    keys = felt["key"].unique(maintain_order=True).to_list()[: view.shown]
    figure, pair = plt.subplots(
        figsize=(style.WIDTH, 1.4 + 0.28 * max(len(keys), 1)), layout="constrained"
    )
    factors = sorted(table["factor"].unique().to_list())
    colours = style.colour_of([f"{factor:g}" for factor in factors])
    base = float(table["base"][0]) if len(table) else 1.0
    for place, key in enumerate(keys):
        for row in table.filter(pl.col("key") == key).iter_rows(named=True):
            pair.barh(
                place,
                row["ratio"] - base,
                left=base,
                color=colours[f"{row['factor']:g}"],
                alpha=0.8,
                height=0.68,
            )
    pair.set_yticks(range(len(keys)), [_short(key) for key in keys])
    pair.invert_yaxis()
    pair.axvline(base, color=style.INK, linewidth=0.9)
    pair.axvline(1, color=style.GUIDE, linewidth=1.2, linestyle=":")
    pair.grid(axis="x")
    pair.grid(visible=False, axis="y")
    labels = {curve.id: curve.label for curve in experiment.curves}
    pair.set_xlabel(f"throughput over that of {labels[view.over_curve]}, {counted(view.cores)}")
    equal = canvas.line_mark(style.GUIDE)
    equal.set(linestyle=":", linewidth=1.2)
    marks = [(f"× {f:g}", canvas.band_mark(0.8, colours[f"{f:g}"])) for f in factors]
    canvas.key(figure, [*marks, ("equal", equal)])
    seaborn.despine(fig=figure)
    return figure


def _short(key: str) -> str:
    """The last two parts of a key."""
    return ".".join(key.split(".")[-2:])


def finding(view: AssumptionView, experiment: Experiment, table: pl.DataFrame) -> str:
    """Range of the ratio, and whether any number turns the lead round."""
    if table.is_empty():
        return "No number was varied."
    base, low, high = (
        float(table["base"][0]),
        float(table["ratio"].min()),  # type: ignore[arg-type]
        float(table["ratio"].max()),  # type: ignore[arg-type]
    )
    turned = table.filter((pl.col("ratio") > 1) != (base > 1))["key"].unique().sort().to_list()
    verdict = (
        f"the lead turns round with {', '.join(turned)}" if turned else "none turns the lead round"
    )
    labels = {curve.id: curve.label for curve in experiment.curves}
    return (
        f"At {counted(view.cores)} {labels[view.curve]} has {number(base)} times the throughput of "
        f"{labels[view.over_curve]}. With each of {table['key'].n_unique()} assumed numbers halved "
        f"or doubled alone it has {number(low)} to {number(high)} times; {verdict}."
    )


def cells(
    view: AssumptionView, experiment: Experiment, table: pl.DataFrame
) -> tuple[list[str], list[list[str]], list[bool]]:
    """One row per number, its ratio at each factor."""
    factors = sorted(table["factor"].unique().to_list())
    rows = []
    for key in table["key"].unique(maintain_order=True):
        mine = dict(table.filter(pl.col("key") == key).select("factor", "ratio").rows())
        rows.append([key, *(number(mine.get(factor)) for factor in factors)])
    return (
        ["assumed number", *(f"× {f:g}" for f in factors)],
        rows,
        [False, *(True for _ in factors)],
    )
