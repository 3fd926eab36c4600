"""Where each design stops scaling: throughput on machines of more and more cores.

Every panel is one workload, every line one kernel; 1 is one kernel's throughput on the smallest
machine, and the thin line grows with the cores. A line later in the view's order lies on top of
earlier ones: it is thinner, its hollow marks are smaller, and from the fourth on it is dashed, so
that lines in the same place can all be seen. The table says where each stops, and what takes most
cycles on the largest machine: what would have to be fixed next.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from sim.config.errors import show, suggestion
from sim.experiment.fields import ColumnName, Design, Designs
from sim.experiment.view import Cells, View

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.draw import style
    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots

SCHEMA = {
    "curve": str,
    "case": str,
    "design": str,
    "group": str,
    "series": str,
    "hardware": str,
    "cores": int,
    "value": float,
    "low": float,
    "high": float,
    "relative": float,
    "object": str,
    "cause": str,
    "share": float,
}
AXIS = {"hardware"}
COLUMNS = 3
PANEL = (2.75, 2.3)  # inches
MARKS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[style.Dashes, ...] = ("-", "-", "-", (0, (4, 1.5)), (0, (2, 1.2)), (0, (1, 1.2)))
TICKS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
"""Multiples of powers of ten where ticks may stand, from the sparsest choice to the densest."""
FEWEST = 3
"""Ticks that an axis has at least, where the densest choice has as many."""
STOPS = 1.1
"""A design has stopped scaling where a larger machine gains less than this."""


class GrowthView(View):
    """Throughput on machines of more and more cores, one panel per case, one line per design.

    The curves have an axis `hardware`, and run on every core of each machine.
    """

    joins: ClassVar[bool] = True
    needs_axes: ClassVar[tuple[str, ...]] = ("hardware",)

    kind: Literal["growth"]
    over: Design = Field(description="design whose throughput on the smallest machine is 1")
    order: Designs = Field(
        description="designs in the order of the key, later lines on top; the place gives the "
        "colour"
    )
    column: ColumnName = Field(default="throughput", description="column of the results, a rate")

    def check(self, experiment: Experiment, where: str) -> None:
        """Check that each curve is one of the lines that are drawn."""
        for curve in experiment.curves:
            if curve.design not in self.order:
                raise ValueError(
                    f"{where}.order: no design {show(curve.design)}, which is that of curve "
                    f"{show(curve.id)} ({suggestion(curve.design, self.order)})"
                )

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """One row per curve and machine, the largest contribution to its cycles with it."""
        import polars as pl

        from analysis.read import breakdown, tidy

        keys = [*tidy.KEYS, *tidy.VARIATION]
        summary = tidy.summarise(results.points, self.column)
        machine = results.points.select(*keys, "hardware").unique()
        causes = breakdown.largest(results.account)
        found = summary.join(machine, on=keys).join(causes, on=keys, how="left")
        rows: list[tuple[Any, ...]] = []
        for curve in experiment.curves:
            seen: set[int] = set()
            mine = found.filter(pl.col("curve") == curve.id).sort("cores", "variant")
            for row in mine.iter_rows(named=True):
                variation = tidy.variation_of(row)
                along = variation.is_point_of_axes and set(variation.changes) <= AXIS
                if not along or row["cores"] in seen:
                    continue
                seen.add(row["cores"])
                rows.append(
                    (
                        *(curve.id, curve.case, curve.design, curve.group, curve.label),
                        *(row["hardware"], row["cores"]),
                        *(row["mean"], row["low"], row["high"], None),
                        *(row["object"], row["cause"], row["share"]),
                    )
                )
        points = pl.DataFrame(rows, schema=SCHEMA, orient="row")
        first = (
            points.filter(pl.col("design") == self.over)
            .sort("cores")
            .group_by("case", maintain_order=True)
            .agg(pl.col("value").first().alias("one"))
        )
        return (
            points.join(first, on="case", how="left", maintain_order="left")
            .with_columns((pl.col("value") / pl.col("one")).alias("relative"))
            .drop("one")
        )

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """One panel per case on logarithmic axes."""
        import matplotlib.pyplot as plt
        import polars as pl
        import seaborn

        from analysis.draw import canvas, style
        from analysis.wording import counted

        style.apply()
        groups = dict(table.select("case", "group").iter_rows())
        present = set(table["design"].to_list())
        series = [name for name in self.order if name in present]
        rows = -(-len(groups) // COLUMNS)
        figure, panels = plt.subplots(
            rows,
            COLUMNS,
            figsize=(PANEL[0] * COLUMNS, PANEL[1] * rows + 0.6),
            sharex=True,
            squeeze=False,
            layout="constrained",
        )
        colours = style.colour_of(self.order)
        looks = _looks(self.order)
        counts = sorted(table["cores"].unique().to_list())
        for panel, (case, group) in zip(panels.flat, groups.items(), strict=False):
            self._draw_panel(panel, table.filter(pl.col("case") == case), series)
            panel.set_title(group, fontsize=10, fontweight="bold", loc="left")
            panel.set_xticks(counts, [f"{count}" for count in counts], fontsize=7)
            panel.minorticks_off()
        for panel in panels.flat[len(groups) :]:
            panel.set_axis_off()
        for column in range(COLUMNS):
            lowest = panels[(len(groups) - 1 - column) // COLUMNS, column]
            lowest.tick_params(labelbottom=True)
            lowest.set_xlabel("cores", fontsize=9)
        one = f"{experiment.labels[self.over]} on {counted(counts[0])}"
        figure.supylabel(f"throughput, {one} = 1", fontsize=10)
        entries: list[tuple[str, Any]] = []
        for name in series:
            mark = canvas.line_mark(colours[name])
            mark.set(**looks[name])
            entries.append((experiment.labels[name], mark))
        ideal = canvas.line_mark(style.GUIDE)
        ideal.set(linestyle=":", linewidth=1.2)
        canvas.key(figure, [*entries, ("linear scaling", ideal)], columns=3)
        seaborn.despine(fig=figure)
        return figure

    def _draw_panel(self, panel: Axes, mine: pl.DataFrame, series: Sequence[str]) -> None:
        """The lines of one case on logarithmic axes."""
        import polars as pl
        from matplotlib.ticker import FixedLocator

        from analysis.draw import style

        colours, looks = style.colour_of(self.order), _looks(self.order)
        _ideal(panel, mine, self.over)
        for name in series:
            line = mine.filter(pl.col("design") == name)
            if len(line):
                panel.plot(line["cores"], line["relative"], color=colours[name], **looks[name])
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.yaxis.set_major_locator(FixedLocator(ticks(*panel.get_ylim())))
        panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}")

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """On how many workloads each design scales on, and which; the table says where it stops."""
        import polars as pl

        from analysis.wording import counted

        said = []
        for name in self.order:
            mine = table.filter(pl.col("design") == name)
            groups = dict(mine.select("case", "group").iter_rows())
            on = [
                g for c, g in groups.items() if stops_at(mine.filter(pl.col("case") == c)) is None
            ]
            if groups:
                listed = _listed(on, list(groups.values()))
                said.append(f"{experiment.labels[name]} on {len(on)} of {len(groups)}{listed}.")
        rule = "We say scaling has stopped when doubling the cores gains less than 10 %."
        largest = counted(max(table["cores"].to_list()))
        return f"{rule} Workloads that scale on to {largest}: {' '.join(said)}"

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """One row per curve: each machine's throughput, where it stops, and what is next."""
        import polars as pl

        from analysis.wording import contribution_of, counted, number, percent

        counts = sorted(table["cores"].unique().to_list())
        header = ["workload", "kernel", *(counted(count) for count in counts), "stops at"]
        header.append(f"most cycles at {counted(counts[-1])}")
        rows = []
        for curve in experiment.curves:
            line = table.filter(pl.col("curve") == curve.id).sort("cores")
            if line.is_empty():
                continue
            values = dict(line.select("cores", "relative").rows())
            last = line.row(-1, named=True)
            stop = stops_at(line)
            part = contribution_of(last["object"], last["cause"])
            cause = f"{part}, {percent(100 * last['share'], 0)}"
            rows.append(
                [
                    *(curve.group, curve.label),
                    *(number(_rounded(values.get(count))) for count in counts),
                    *("–" if stop is None else str(stop), cause),
                ]
            )
        return header, rows, [False, False, *(True for _ in counts), True, False]


def _looks(order: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Width, dashes and mark of each line, so that one on top of another hides none."""
    from analysis.draw import style

    widths = style.width_of(order)
    return {
        name: {
            "linewidth": widths[name],
            "linestyle": DASHES[i % len(DASHES)],
            "marker": MARKS[i % len(MARKS)],
            "markersize": max(3.0, 7.0 - 0.8 * i),
            "markerfacecolor": "none",
            "markeredgewidth": 1.1,
        }
        for i, name in enumerate(order)
    }


def ticks(low: float, high: float) -> list[float]:
    """Round values within the limits of a logarithmic axis, from 2 or 3 a decade if need be."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    found: list[float] = []
    for multiples in TICKS:
        decades = range(first, last + 1)
        values = [float(f"{many}e{decade}") for decade in decades for many in multiples]
        found = [value for value in values if low <= value <= high]
        if len(found) >= FEWEST:
            break
    return found


def _ideal(panel: Axes, mine: pl.DataFrame, over: str) -> None:
    """Throughput that grows with the cores, from the smallest machine on."""
    from analysis.draw import style

    counts = sorted(mine["cores"].unique().to_list())
    panel.plot(
        counts,
        [count / counts[0] for count in counts],
        color=style.GUIDE,
        linestyle=":",
        linewidth=1.2,
        zorder=0,
    )


def stops_at(line: pl.DataFrame) -> int | None:
    """Cores of the machine beyond which the next one gains less than a tenth; None if none is."""
    values = line.sort("cores").select("cores", "value").rows()
    for (few, before), (_, after) in zip(values, values[1:], strict=False):
        if after < STOPS * before:
            return int(few)
    return None


def _listed(some: Sequence[str], all_: Sequence[str]) -> str:
    """Some of the groups in brackets, or all but the others if those are fewer."""
    others = [group for group in all_ if group not in some]
    if not some or not others:
        return ""
    if len(others) < len(some):
        return f" (all but {'; '.join(others)})"
    return f" ({'; '.join(some)})"


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")
