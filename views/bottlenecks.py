"""What limits each curve: the objects whose cycles per operation grow most with cores.

An object that takes much of one core's time is work; what grows when cores are added is what
stops scaling. The table names the three largest, from the simulator's account alone, beside the
published attribution (OSDI'10 Figure 12).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from sim.experiment.fields import Cores, OverCores, PublishedCases
from sim.experiment.view import Cells, View, require_published

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots, Table

NAMED = 3
PALE = 0.4
"""Opacity of bars, so that the page's own ink reads on them."""
SCHEMA = {
    "curve": str,
    "group": str,
    "label": str,
    "rank": int,
    "object": str,
    "cause": str,
    "grown_share": float,
    "published": str,
}


class BottleneckView(View):
    """What grows most, in cycles per operation, from few cores to many."""

    joins: ClassVar[bool] = True
    reference_columns: ClassVar[tuple[str, ...]] = ("application", "bottleneck")

    kind: Literal["bottlenecks"]
    cores: Cores
    over_cores: OverCores
    reference: str | None = Field(
        default=None, description="published bottlenecks under reference/, by case"
    )
    cases: PublishedCases = Field(
        default_factory=dict, description="case to its name in the reference"
    )

    def check(self, experiment: Experiment, where: str) -> None:
        """Check that the published table comes with what the cases are called in it."""
        require_published(where, self.reference, {"cases": self.cases})

    def check_published(self, table: Table, origin: str) -> None:
        """Check the names of cases."""
        table.require_in(table.values("application"), "application", self.cases.values(), origin)

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """The largest growths of every curve, as shares of all cycles that an operation gained."""
        import polars as pl

        from analysis.read import breakdown, reference

        published = {}
        if self.reference is not None:
            rows = reference.table(self.reference, references)
            published = dict(rows.select("application", "bottleneck").iter_rows())
        found = []
        for curve in experiment.curves:
            mine = results.shares.filter(pl.col("curve") == curve.id)
            few = mine.filter(pl.col("cores") == self.over_cores)
            many = mine.filter(pl.col("cores") == self.cores)
            if few.is_empty() or many.is_empty():
                continue
            grown = breakdown.growth(few, many)
            paper = published.get(self.cases.get(curve.case))
            total = float(grown["grown"].sum())
            for rank, (thing, cause, cycles) in enumerate(grown.head(NAMED).iter_rows(), 1):
                found.append(
                    (curve.id, curve.group, curve.label, rank, thing, cause, cycles / total, paper)
                )
        return pl.DataFrame(found, schema=SCHEMA, orient="row")

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """One bar per curve, its largest growths in order, named inside."""
        import matplotlib.pyplot as plt
        import polars as pl
        import seaborn
        from matplotlib.patches import Patch

        from analysis.draw import canvas, style
        from analysis.wording import contribution_of

        style.apply()
        curves = [c for c in experiment.curves if c.id in set(table["curve"].to_list())]
        figure, pair = plt.subplots(
            figsize=(1.3 * style.WIDTH, 0.9 + 0.55 * len(curves)), layout="constrained"
        )
        for row, curve in enumerate(curves):
            left = 0.0
            for found in table.filter(pl.col("curve") == curve.id).iter_rows(named=True):
                width = 100 * found["grown_share"]
                shade = style.PALETTE[found["rank"] - 1]
                pair.barh(row, width, left=left, color=shade, alpha=PALE, edgecolor="white")
                text = contribution_of(found["object"], found["cause"])
                if width > 1.25 * len(text):
                    pair.text(
                        left + width / 2,
                        row,
                        text,
                        ha="center",
                        va="center",
                        fontsize=7.5,
                    )
                left += width
        pair.set_yticks(range(len(curves)), [f"{c.group or c.label}" for c in curves])
        pair.invert_yaxis()
        pair.set_xlim(0, 100)
        pair.grid(visible=False)
        pair.set_xlabel(
            f"% of the cycles that an operation gains from {self.over_cores} to {self.cores} cores"
        )
        marks = [
            (text, Patch(facecolor=style.PALETTE[i], alpha=PALE))
            for i, text in enumerate(("grows most", "second", "third"))
        ]
        canvas.key(figure, marks, columns=3)
        seaborn.despine(fig=figure)
        return figure

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """First growth of every curve."""
        import polars as pl

        from analysis.wording import contribution_of, percent

        parts = [
            f"{row['group'] or row['label']}: {contribution_of(row['object'], row['cause'])}, "
            f"{percent(100 * row['grown_share'], 0)} of the growth"
            for row in table.filter(pl.col("rank") == 1).iter_rows(named=True)
        ]
        return (
            f"What grows most from {self.over_cores} to {self.cores} cores. "
            + "; ".join(parts)
            + "."
        )

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """One row per curve and rank."""
        from analysis.wording import label_of, name_of, percent

        header = [
            "group",
            "curve",
            "rank",
            "object",
            "cause",
            "share of growth",
            "published bottleneck",
        ]
        rows = [
            [
                row["group"],
                row["label"],
                str(row["rank"]),
                label_of(row["object"]),
                name_of(row["cause"]),
                percent(100 * row["grown_share"], 0),
                (row["published"] or "") if row["rank"] == 1 else "",
            ]
            for row in table.iter_rows(named=True)
        ]
        return header, rows, [False, False, True, False, False, True, False]
