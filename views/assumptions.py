"""What a lead rests on: the same comparison with each assumed number halved and doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sim.experiment.fields import ColumnName, Cores, CurveId
from sim.experiment.view import Cells, View

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots

SCHEMA = {
    "key": str,
    "factor": float,
    "ratio": float,
    "base": float,
    "effect": float,
}
NOTICED = 0.002
"""Relative effect below which a number is not drawn."""


class AssumptionView(View):
    """What each number of a curve's sensitivity does to its lead over another curve."""

    needs: ClassVar[tuple[str, ...]] = ("sensitivity",)

    kind: Literal["assumptions"]
    curve: CurveId = Field(description="curve with the sensitivity band")
    over_curve: CurveId = Field(description="curve that it is compared with")
    cores: Cores
    column: ColumnName = Field(default="throughput", description="column of the results, a rate")
    shown: Annotated[int, Field(ge=1, le=100)] = Field(
        default=10, description="numbers drawn, those with the largest effect first"
    )

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """Ratio to the other curve for every scaled number, those with the largest effect first."""
        import polars as pl

        from analysis.read import tidy

        summary = tidy.summarise(results.points, self.column).filter(pl.col("cores") == self.cores)
        plain = dict(tidy.base(summary).select("curve", "mean").iter_rows())
        if self.curve not in plain or not plain.get(self.over_curve):
            return pl.DataFrame(schema=SCHEMA)
        over = plain[self.over_curve]
        base = plain[self.curve] / over
        rows = []
        scaled = summary.filter(
            (pl.col("curve") == self.curve)
            & (pl.col("variant_kind") == "sensitivity")
            & (pl.col("variant_factor") != 1)  # a choice has no factor, and no place on the axis
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

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """One bar per number, from its halved to its doubled value."""
        import matplotlib.pyplot as plt
        import polars as pl
        import seaborn

        from analysis.draw import canvas, style
        from analysis.wording import counted

        style.apply()
        felt = table.filter(pl.col("effect") >= NOTICED * pl.col("base"))
        keys = felt["key"].unique(maintain_order=True).to_list()[: self.shown]
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
        pair.set_xlabel(f"throughput over that of {labels[self.over_curve]}, {counted(self.cores)}")
        equal = canvas.line_mark(style.GUIDE)
        equal.set(linestyle=":", linewidth=1.2)
        marks = [(f"× {f:g}", canvas.band_mark(0.8, colours[f"{f:g}"])) for f in factors]
        canvas.key(figure, [*marks, ("equal", equal)])
        seaborn.despine(fig=figure)
        return figure

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """Range of the ratio, and whether any number turns the lead round."""
        import polars as pl

        from analysis.wording import counted, number

        if table.is_empty():
            return "No number was varied."
        base, low, high = (
            float(table["base"][0]),
            float(table["ratio"].min()),  # type: ignore[arg-type]
            float(table["ratio"].max()),  # type: ignore[arg-type]
        )
        turned = table.filter((pl.col("ratio") > 1) != (base > 1))["key"].unique().sort().to_list()
        verdict = (
            f"the lead turns round with {', '.join(turned)}"
            if turned
            else "none turns the lead round"
        )
        labels = {curve.id: curve.label for curve in experiment.curves}
        varied = table["key"].n_unique()
        return (
            f"At {counted(self.cores)} {labels[self.curve]} has {number(base)} times the "
            f"throughput of {labels[self.over_curve]}. With each of {varied} assumed numbers "
            f"halved or doubled alone it has {number(low)} to {number(high)} times; {verdict}."
        )

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """One row per number, its ratio at each factor."""
        import polars as pl

        from analysis.wording import number

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


def _short(key: str) -> str:
    """The last two parts of a key."""
    return ".".join(key.split(".")[-2:])
