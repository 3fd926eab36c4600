"""Which of two designs wins, over the cores of a machine and the cost of its interconnect.

Colour and number of a cell are one design's throughput over the other's. A dot marks machines on
which neither scales: both are hardly faster there than on the next smaller machine.

The ratio's 95 % interval is over replications that share their seeds (`sim/statistics.py`).
"""

from __future__ import annotations

from math import log, log1p, log2
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from sim.experiment.fields import AxisKey, ColumnName, Design, Text
from sim.experiment.view import Cells, View
from sim.statistics import Interval, interval_of_ratio
from views.growth import STOPS

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots

SCHEMA = {
    "case": str,
    "group": str,
    "cores": int,
    "axis": float,
    "value": float,
    "over": float,
    "ratio": float,
    "low": float,
    "high": float,
    "winner": str,
    "scales": bool,
}
DRAW = "neither"
MARGIN = 0.02
"""A lead of less is none, however narrow its interval."""
COLUMNS = 2
PANEL = (2.9, 1.5)  # inches
LIMIT = 4.0
"""Powers of two at which colours end."""


class CrossoverView(View):
    """Which of two designs wins, by how much, over machines and the values of one more axis.

    The curves have the axes `hardware` and `key`, and run on every core of each machine.
    """

    joins: ClassVar[bool] = True
    needs_axes: ClassVar[tuple[str, ...]] = ("hardware",)

    kind: Literal["crossover"]
    design: Design = Field(description="design in the numerator")
    over: Design = Field(description="design in the denominator")
    key: AxisKey = Field(description="dotted key of the axis up the map")
    key_label: Text = Field(description="that axis in words")
    column: ColumnName = Field(default="throughput", description="column of the results, a rate")

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """One row per case, machine and value of the other axis."""
        import polars as pl

        values = self._values(experiment, results.points)
        rows: list[tuple[Any, ...]] = []
        for case, group in experiment.groups.items():
            mine, other = (values.get((case, name), {}) for name in (self.design, self.over))
            best: dict[tuple[int, float], float] = {}
            for place in sorted(set(mine) & set(other)):
                value, over = (sum(by.values()) / len(by) for by in (mine[place], other[place]))
                best[place] = max(value, over)
                smaller = max(
                    (count for count, axis in best if axis == place[1] and count < place[0]),
                    default=None,
                )
                scales = smaller is None or best[place] >= STOPS * best[(smaller, place[1])]
                ratio = interval_of_ratio(mine[place], other[place])
                winner = winner_of(ratio, self.design, self.over)
                rows.append((case, group, *place, value, over, *ratio, winner, scales))
        return pl.DataFrame(rows, schema=SCHEMA, orient="row")

    def _values(
        self, experiment: Experiment, points: pl.DataFrame
    ) -> dict[tuple[str, str], dict[tuple[int, float], dict[int, float]]]:
        """Rate of each replication by seed, by cores and value of the axis, by case and design."""
        from analysis.read import tidy

        curves = {curve.id: curve for curve in experiment.curves}
        found: dict[tuple[str, str], dict[tuple[int, float], dict[int, float]]] = {}
        for (name, _, cores), point in points.group_by(tidy.KEYS, maintain_order=True):
            variation = tidy.variation_of(point.row(0, named=True))
            if not variation.is_point_of_axes or self.key not in variation.changes:
                continue
            curve = curves[str(name)]
            place = (int(str(cores)), float(variation.changes[self.key]))
            found.setdefault((curve.case, curve.design), {})[place] = tidy.by_seed(
                point, self.column
            )
        return found

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """One map per case."""
        import matplotlib.pyplot as plt
        import polars as pl
        import seaborn
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        from analysis.draw import canvas, style

        style.apply()
        groups = dict(table.select("case", "group").iter_rows())
        label, over = experiment.labels[self.design], experiment.labels[self.over]
        rows = -(-len(groups) // COLUMNS)
        figure, panels = plt.subplots(
            rows,
            COLUMNS,
            figsize=(PANEL[0] * COLUMNS + 0.6, PANEL[1] * rows + 0.9),
            squeeze=False,
            sharex=True,
            sharey=True,
            layout="constrained",
        )
        counts = sorted(table["cores"].unique().to_list())
        axis = sorted(table["axis"].unique().to_list())
        colours = style.two_ways()
        span = Normalize(-LIMIT, LIMIT)
        for panel, (case, group) in zip(panels.flat, groups.items(), strict=False):
            mine = table.filter(pl.col("case") == case)
            panel.set_title(group, fontsize=10, fontweight="bold", loc="left")
            panel.set_xticks(range(len(counts)), [str(count) for count in counts], rotation=45)
            panel.set_yticks(range(len(axis)), [f"{value:g}" for value in axis])
            panel.set_xlim(-0.5, len(counts) - 0.5)
            panel.set_ylim(-0.5, len(axis) - 0.5)
            panel.grid(visible=False)
            panel.tick_params(length=0)
            for row in mine.iter_rows(named=True):
                at = (counts.index(row["cores"]), axis.index(row["axis"]))
                _draw_cell(panel, at, row, colours(span(log2(row["ratio"]))))
        for panel in panels.flat[len(groups) :]:
            panel.set_axis_off()
        for column in range(COLUMNS):
            lowest = panels[(len(groups) - 1 - column) // COLUMNS, column]
            lowest.tick_params(labelbottom=True)
            lowest.set_xlabel("cores", fontsize=9)
        ticks = [-4, -2, 0, 2, 4]
        bar = figure.colorbar(
            ScalarMappable(span, colours), ax=panels, ticks=ticks, shrink=0.8, pad=0.02, aspect=30
        )
        bar.ax.set_yticklabels(["1/16", "1/4", "1", "4", "16"])
        bar.set_label(f"throughput, {label} / {over}", fontsize=9)
        bar.outline.set_visible(False)
        figure.supylabel(self.key_label, fontsize=10)
        dot = canvas.point_mark(hollow=False, colour=style.INK)
        dot.set_markersize(3)
        canvas.key(figure, [("neither gains from doubling the cores", dot)])
        seaborn.despine(fig=figure, left=True, bottom=True)
        return figure

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """How many machines each design wins, by group, and the largest lead."""
        import polars as pl

        from analysis.wording import counted

        parts = []
        label, other = experiment.labels[self.design], experiment.labels[self.over]
        for case, group in dict(table.select("case", "group").iter_rows()).items():
            mine = table.filter(pl.col("case") == case)
            wins = {
                name: len(mine.filter(pl.col("winner") == name))
                for name in (self.design, self.over, DRAW)
            }
            top = mine.sort("ratio", descending=True).row(0, named=True)
            said = f"{group}: {label} wins on {wins[self.design]} of {len(mine)} machines, "
            said += f"{other} on {wins[self.over]}, neither on {wins[DRAW]}"
            if wins[self.design]:
                said += (
                    f"; the largest lead is {times(top['ratio'])} times at {counted(top['cores'])}"
                )
            parts.append(f"{said}.")
        return " ".join(parts)

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """One row per machine."""
        from analysis.wording import number

        label, over = experiment.labels[self.design], experiment.labels[self.over]
        header = ["workload", "cores", self.key_label, label, over]
        header += ["ratio", "95 % interval", "winner", "scales"]
        rows = [
            [
                *(row["group"], str(row["cores"]), f"{row['axis']:g}"),
                *(number(row["value"]), number(row["over"]), number(row["ratio"])),
                f"{number(row['low'])} … {number(row['high'])}",
                *(experiment.labels.get(row["winner"], DRAW), "yes" if row["scales"] else "no"),
            ]
            for row in table.iter_rows(named=True)
        ]
        return header, rows, [False, True, True, True, True, True, True, False, False]


def winner_of(ratio: Interval, design: str, over: str) -> str:
    """Design whose rate over the other's leads by more than the margin and its interval."""
    if ratio.holds(1.0) or abs(log(ratio.value)) <= log1p(MARGIN):
        return DRAW
    return design if ratio.value > 1 else over


def _draw_cell(panel: Axes, at: tuple[int, int], row: dict[str, Any], colour: Any) -> None:
    """One machine: how many times as fast."""
    from matplotlib.patches import Rectangle

    from analysis.draw import style

    panel.add_patch(
        Rectangle((at[0] - 0.48, at[1] - 0.48), 0.96, 0.96, facecolor=colour, edgecolor="none")
    )
    ink = style.ink_on(log2(row["ratio"]) / LIMIT)
    panel.annotate(times(row["ratio"]), at, ha="center", va="center", fontsize=9, color=ink)
    if not row["scales"]:
        panel.plot(at[0] + 0.36, at[1] + 0.34, marker="o", markersize=2.2, color=ink)


def times(ratio: float) -> str:
    """A ratio in two digits, a small one as a fraction."""
    if ratio < 0.0995:
        return f"1/{1 / ratio:.0f}"
    return f"{ratio:.0f}" if ratio >= 9.95 else f"{ratio:.2g}"
