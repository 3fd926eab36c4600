"""What a core more is worth: throughput per core, of which the fewest cores have all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sim.experiment.fields import ColumnName
from sim.experiment.view import Cells, View

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots

SCHEMA = {"curve": str, "label": str, "cores": int, "kept": float}


class EfficiencyView(View):
    """Share that a core keeps of a column's value on the fewest cores, one line per curve."""

    kind: Literal["efficiency"]
    column: ColumnName = Field(default="throughput_per_core", description="column of the results")
    enough: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.5, description="share at which a line is drawn across"
    )

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """One row per curve and core count."""
        import polars as pl

        from analysis.read import tidy

        summary = tidy.base(tidy.summarise(results.points, self.column)).sort("cores")
        rows = []
        for curve in experiment.curves:
            mine = summary.filter(pl.col("curve") == curve.id).select("cores", "mean").rows()
            rows += [(curve.id, curve.label, n, value / mine[0][1]) for n, value in mine]
        return pl.DataFrame(rows, schema=SCHEMA, orient="row")

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """Lines that fall where cores get in each other's way."""
        import seaborn

        from analysis.draw import canvas, style

        figure, axes = canvas.axes()
        colours = style.colour_of([curve.id for curve in experiment.curves])
        marks = []
        for (curve, label), line in table.group_by("curve", "label", maintain_order=True):
            colour = colours[str(curve)]
            axes.plot(line["cores"], 100 * line["kept"], color=colour, marker=".")
            marks.append((str(label), canvas.line_mark(colour)))
        axes.axhline(100 * self.enough, color=style.GUIDE, linestyle=":")
        axes.set_xlabel("cores")
        axes.set_ylabel("% that a core keeps")
        axes.set_ylim(0, None)
        canvas.key(figure, marks)
        seaborn.despine(fig=figure)
        return figure

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """What a core keeps at the most cores, of each curve."""
        most = table.group_by("label", maintain_order=True).last().select("label", "cores", "kept")
        said = [f"{label}: {kept:.0%} at {cores} cores" for label, cores, kept in most.rows()]
        return "What a core keeps. " + "; ".join(said) + "."

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """One row per curve and core count."""
        rows = [[label, str(n), f"{100 * kept:.0f}"] for _, label, n, kept in table.rows()]
        return ["curve", "cores", "% kept"], rows, [False, True, True]
