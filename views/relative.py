"""Curves of a case beside one of them: how many times its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from sim.experiment.fields import ColumnName, Cores, Design, Text
from sim.experiment.view import Cells, View
from sim.statistics import interval_of_ratio

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots

SCHEMA = {
    "curve": str,
    "case": str,
    "design": str,
    "group": str,
    "series": str,
    "value": float,
    "ratio": float,
    "low": float,
    "high": float,
}
ALIKE = 0.02
"""Distance from 1 up to which a ratio is as good as 1."""
WIDE = 8.0
"""Span of ratios from which on the axis is logarithmic."""


class RelativeView(View):
    """Value of each curve over that of another one of its case, at one core count."""

    joins: ClassVar[bool] = True

    kind: Literal["relative"]
    over: Design = Field(description="design of the curve that is 1 in its case")
    cores: Cores
    label: Text = Field(description="axis label")
    column: ColumnName = Field(default="throughput", description="column of the results")

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """One row per curve whose case has the curve that it is compared with."""
        import polars as pl

        from analysis.read import tidy

        plain = tidy.base(results.points).filter(pl.col("cores") == self.cores)
        values = {
            str(curve): tidy.by_seed(point, self.column)
            for (curve,), point in plain.group_by("curve", maintain_order=True)
        }
        one = {
            c.case: values[c.id]
            for c in experiment.curves
            if c.design == self.over and c.id in values
        }
        rows = []
        for curve in experiment.curves:
            mine, over = values.get(curve.id), one.get(curve.case)
            if mine and over and any(over.values()):
                names = (curve.id, curve.case, curve.design, curve.group, curve.label)
                mean = sum(mine.values()) / len(mine)
                rows.append((*names, mean, *interval_of_ratio(mine, over)))
        return pl.DataFrame(rows, schema=SCHEMA, orient="row")

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """Horizontal bars, case by case, each with its ratio: from 0, or where ratios differ by
        much on a logarithmic axis, which has no 0, from 1.
        """
        import matplotlib.pyplot as plt
        import polars as pl
        import seaborn

        from analysis.draw import style

        style.apply()
        groups = dict(table.select("case", "group").iter_rows())
        figure, pair = plt.subplots(
            figsize=(style.WIDTH, 0.9 + 0.29 * (len(table) + 0.7 * len(groups))),
            layout="constrained",
        )
        low, high = float(table["ratio"].min()), float(table["ratio"].max())  # type: ignore[arg-type]
        start = 1 if high / low >= WIDE else 0
        colours = style.colour_of(table["design"].unique(maintain_order=True).to_list())
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
                width, colour = row["ratio"] - start, colours[row["design"]]
                pair.barh(place, width, left=start, height=0.7, color=colour, alpha=0.75)
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
        if start:
            pair.set_xscale("log")
        pair.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        pair.margins(x=0.12)
        pair.axvline(1, color=style.INK, linewidth=0.9)
        pair.grid(axis="x")
        pair.grid(visible=False, axis="y")
        pair.set_xlabel(self.label)
        seaborn.despine(fig=figure)
        return figure

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """The bars that differ from 1, in words, and how many do not."""
        from analysis.wording import counted

        said, alike = [], 0
        for row in table.iter_rows(named=True):
            if row["design"] != self.over:
                if abs(row["ratio"] - 1) <= ALIKE:
                    alike += 1
                else:
                    said.append(f"{row['group']}, {row['series']}: {_short(row['ratio'])}")
        if alike:
            bars = "one more differs" if alike == 1 else f"{alike} more differ"
            said.append(f"{bars} from 1 by at most {ALIKE:.0%}".replace("%", " %"))
        return f"At {counted(self.cores)} ({self.label}): {'; '.join(said)}."

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """One row per curve."""
        from analysis.wording import number

        rows = [
            [g, s, number(v), number(r), f"{number(low)} … {number(high)}"]
            for _, _, _, g, s, v, r, low, high in table.iter_rows()
        ]
        header = ["workload", "design", "value", "ratio", "95 % interval"]
        return header, rows, [False, False, True, True, True]


def _short(ratio: float) -> str:
    """A ratio in three digits."""
    from analysis.wording import number

    return number(float(f"{ratio:.3g}"))
