"""One bar per curve: a column at one core count over the same at another (OSDI'10 Figure 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from sim.experiment.fields import (
    ColumnName,
    Cores,
    OverCores,
    PublishedCases,
    PublishedDesigns,
    Text,
)
from sim.experiment.view import Cells, View, require_published

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots, Table

SCHEMA = {
    "curve": str,
    "case": str,
    "design": str,
    "group": str,
    "series": str,
    "simulated": float,
    "published": float,
    "error_percent": float,
}


class RatioView(View):
    """Value at one core count over the value at another, one bar per curve."""

    joins: ClassVar[bool] = True
    reference_columns: ClassVar[tuple[str, ...]] = ("series", "x", "y")

    kind: Literal["ratio"]
    column: ColumnName = Field(description="column of the results")
    cores: Cores
    over_cores: OverCores
    label: Text = Field(description="axis label")
    reference: str | None = Field(
        default=None, description="published ratios under reference/, by series and x"
    )
    cases: PublishedCases = Field(
        default_factory=dict, description="case to its x in the reference"
    )
    series: PublishedDesigns = Field(
        default_factory=dict, description="design to its series in the reference"
    )

    def check(self, experiment: Experiment, where: str) -> None:
        """Check that published ratios come with what they are called."""
        require_published(where, self.reference, {"cases": self.cases, "series": self.series})

    def check_published(self, table: Table, origin: str) -> None:
        """Check the names of cases and designs, and every value."""
        from sim.experiment.references import compared

        table.require_in(table.values("x"), "x", self.cases.values(), origin)
        table.require_in(table.values("series"), "series", self.series.values(), origin)
        for line, row in table.rows:
            compared(table, line, row, "y")

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """Ratio of every curve that has both points, with the published one."""
        import polars as pl

        from analysis.read import reference, tidy

        summary = tidy.base(tidy.summarise(results.points, self.column))
        mean = {(c, n): v for c, n, v in summary.select("curve", "cores", "mean").iter_rows()}
        published = {}
        if self.reference is not None:
            rows = reference.table(self.reference, references)
            published = {
                (x, s): float(y) for s, x, y in rows.select("series", "x", "y").iter_rows()
            }
        found = []
        for curve in experiment.curves:
            many, few = mean.get((curve.id, self.cores)), mean.get((curve.id, self.over_cores))
            if many is None or not few:
                continue
            place = (self.cases.get(curve.case), self.series.get(curve.design))
            paper = published.get(place)
            value = many / few
            error = None if paper is None else 100 * (value / paper - 1)
            names = (curve.id, curve.case, curve.design, curve.group, curve.label)
            found.append((*names, value, paper, error))
        return pl.DataFrame(found, schema=SCHEMA, orient="row")

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """Bars by case, one colour per design, published values as marks."""
        import polars as pl
        import seaborn

        from analysis.draw import canvas, style
        from analysis.draw.bridge import columns

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
        pair.set_ylabel(self.label)
        pair.set_ylim(0, None)
        marks = [
            (experiment.labels[name], canvas.band_mark(0.75, colours[name])) for name in series
        ]
        if table["published"].drop_nulls().len():
            marks.append(("published", canvas.point_mark(hollow=True, colour=style.INK)))  # type: ignore[arg-type]
        canvas.key(figure, marks, columns=3)
        seaborn.despine(fig=figure)
        return figure

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """Lowest and highest bar of each series in words, and how far the published ones are."""
        import polars as pl

        from analysis.wording import number, percent

        parts = [f"{self.label}."]
        for series in table["series"].unique(maintain_order=True):
            mine = table.filter(pl.col("series") == series).sort("simulated")
            low, high = mine.row(0, named=True), mine.row(-1, named=True)
            first, last = (float(f"{end['simulated']:.2g}") for end in (low, high))
            text = f"{series}: {number(first)} ({low['group']})"
            if len(mine) > 1:
                text += f" to {number(last)} ({high['group']})"
            parts.append(f"{text}.")
        errors = table["error_percent"].drop_nulls()
        if len(errors):
            mean = percent(float(errors.abs().sum()) / len(errors))
            parts.append(f"Mean error against {len(errors)} published bars: {mean}.")
        return " ".join(parts)

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """One row per bar."""
        from analysis.wording import number

        header = ["group", "series", "simulated", "published", "error %"]
        rows = [
            [g, s, number(v), number(p), "–" if e is None else f"{e:+.1f}".replace("-", "−")]
            for _, _, _, g, s, v, p, e in table.iter_rows()
        ]
        return header, rows, [False, False, True, True, True]
