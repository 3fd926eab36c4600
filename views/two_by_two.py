"""Two switches, each off and on: four values beside what was published, and their interaction.

A curve alone cannot show it: a model that gets all four right has the mechanism. Where the unit of
the published values is not known, or another machine's, each four are divided by their own
geometric mean, and the errors compare those.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from sim.experiment.fields import ColumnName, Cores, CurveId, PublishedCurves, Text
from sim.experiment.view import Cells, View, require_published

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots, Table

CELLS = ("neither", "first", "second", "both")
SCHEMA = {
    "cell": str,
    "curve": str,
    "label": str,
    "simulated": float,
    "published": float,
    "simulated_relative": float,
    "published_relative": float,
    "error_percent": float,
}


class TwoByTwoView(View):
    """Value of four curves that two switches make, and how much the two depend on one another."""

    reference_columns: ClassVar[tuple[str, ...]] = ("series", "y")

    kind: Literal["two_by_two"]
    neither: CurveId = Field(description="curve with both switches off")
    first: CurveId = Field(description="curve with the first switch alone")
    second: CurveId = Field(description="curve with the second switch alone")
    both: CurveId = Field(description="curve with both switches")
    column: ColumnName = Field(default="throughput", description="column of the results")
    cores: Cores
    label: Text = Field(description="axis label")
    reference: str | None = Field(
        default=None, description="published values under reference/, by series"
    )
    series: PublishedCurves = Field(
        default_factory=dict, description="curve to its series in the reference"
    )

    def check(self, experiment: Experiment, where: str) -> None:
        """Check that a published table comes with what the curves are called in it."""
        require_published(where, self.reference, {"series": self.series})

    def check_published(self, table: Table, origin: str) -> None:
        """Check the names of the curves, and every value."""
        from sim.experiment.references import compared

        table.require_in(table.values("series"), "series", self.series.values(), origin)
        for line, row in table.rows:
            compared(table, line, row, "y")

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """One row per cell whose curve was run."""
        import polars as pl

        from analysis.read import reference, tidy

        summary = tidy.base(tidy.summarise(results.points, self.column))
        means = {(c, n): v for c, n, v in summary.select("curve", "cores", "mean").iter_rows()}
        labels = {curve.id: curve.label for curve in experiment.curves}
        rows: dict[str, float] = {}
        if self.reference is not None:
            table = reference.table(self.reference, references)
            rows = {series: float(y) for series, y in table.select("series", "y").iter_rows()}
        published = {curve: rows.get(series) for curve, series in self.series.items()}
        found = []
        for cell in CELLS:
            curve = getattr(self, cell)
            mean = means.get((curve, self.cores))
            if mean is not None:
                found.append((cell, curve, labels[curve], mean, published.get(curve)))
        mine = relative([row[3] for row in found])
        theirs = relative([row[4] for row in found])
        full = []
        for row, own, paper in zip(found, mine, theirs, strict=True):
            wrong = None if own is None or paper is None else 100 * (own / paper - 1)
            full.append((*row, own, paper, wrong))
        return pl.DataFrame(full, schema=SCHEMA, orient="row")

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """A bar for each cell, and the published values as marks, both over their means."""
        from textwrap import fill

        import seaborn

        from analysis.draw import canvas, style

        figure, pair = canvas.axes()
        colour = next(iter(style.colour_of(["cells"]).values()))
        heights = [value or 0 for value in table["simulated_relative"]]
        pair.bar(range(len(table)), heights, width=0.7, color=colour, alpha=0.75)
        marked = [(i, v) for i, v in enumerate(table["published_relative"]) if v is not None]
        for place, value in marked:
            pair.plot(
                [place],
                [value],
                marker="o",
                color="white",
                markeredgecolor=style.INK,
                markersize=6,
            )
        pair.set_xticks(range(len(table)), [fill(label, 18) for label in table["label"]])
        pair.set_ylabel(self.label)
        pair.set_ylim(0, None)
        marks = [("simulated", canvas.band_mark(0.75, colour))]
        if marked:
            marks.append(("published", canvas.point_mark(hollow=True, colour=style.INK)))  # type: ignore[arg-type]
        canvas.key(figure, marks, columns=2)
        seaborn.despine(fig=figure)
        return figure

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """The interaction of the two switches, and the mean error of the cells."""
        from analysis.wording import number, percent

        said = []
        for column, whose in (("simulated", "in the model"), ("published", "published")):
            value = interaction(table[column].to_list())
            if value is not None:
                said.append(f"{number(float(f'{value:.3g}'))} {whose}")
        text = f"Both over the product of each alone: {', '.join(said)}." if said else ""
        errors = table["error_percent"].drop_nulls()
        if len(errors):
            mean = percent(float(errors.abs().sum()) / len(errors))
            text += f" Mean error of the {len(errors)} cells, each four over their mean: {mean}."
        return text.strip()

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """One row per cell."""
        from analysis.wording import number

        header = ["cell", "simulated", "published", "over mean", "published over mean", "error %"]
        rows = []
        for row in table.iter_rows(named=True):
            error = row["error_percent"]
            values = [
                number(row[column])
                for column in ("simulated", "published", "simulated_relative", "published_relative")
            ]
            wrong = "–" if error is None else f"{error:+.1f}".replace("-", "−")
            rows.append([row["label"], *values, wrong])
        return header, rows, [False, True, True, True, True, True]


def relative(values: list[float | None]) -> list[float | None]:
    """Values over their geometric mean; nothing where one is missing or not above 0."""
    known = [value for value in values if value is not None and value > 0]
    if len(known) < len(values) or not known:
        return [None] * len(values)
    mean = math.exp(sum(map(math.log, known)) / len(known))
    return [value / mean for value in known]


def interaction(values: list[float | None]) -> float | None:
    """Both x neither over first x second, in the order of the cells; None if one is missing."""
    known = [value for value in values if value is not None and value > 0]
    if len(known) != len(CELLS):
        return None
    neither, first, second, both = known
    return both * neither / (first * second)
