"""Amdahl's law and the Universal Scalability Law beside every curve, and beyond its last point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from sim.experiment.fields import CoreCount
from sim.experiment.view import Cells, View

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots

PANEL_COLUMNS = 3
DASHES = {"amdahl": (0, (1, 1.5)), "usl": (0, (5, 2))}
NAMES = {"amdahl": "Amdahl", "usl": "USL"}
POINTS = "cores_simulated"


class FitView(View):
    """Amdahl's law and the Universal Scalability Law fitted to every curve's throughput."""

    kind: Literal["fits"]
    extrapolate: CoreCount = Field(description="core count that the fitted curves are drawn to")

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """`fit.table`, with the simulated throughput that each fit describes, as lists."""
        import polars as pl

        from analysis.judge import fit

        fits = fit.table(results.points, [curve.id for curve in experiment.curves])
        rows = []
        for curve in fits["curve"].to_list():
            throughput = fit.throughput_of(results.points, curve)
            rows.append(" ".join(f"{n}:{x!r}" for n, x in sorted(throughput.items())))
        return fits.with_columns(pl.Series(POINTS, rows, pl.String))

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """One panel per curve: speed-up over the fitted single core."""
        import matplotlib.pyplot as plt
        import numpy as np
        import polars as pl
        import seaborn
        from matplotlib.lines import Line2D

        from analysis.draw import canvas, style
        from analysis.judge import fit

        style.apply()
        curves = [c for c in experiment.curves if c.id in set(table["curve"].to_list())]
        across = min(PANEL_COLUMNS, max(len(curves), 1))
        down = max(-(-len(curves) // across), 1)
        figure, panels = plt.subplots(
            down,
            across,
            figsize=(1.5 * style.WIDTH, 0.5 + 2.2 * down),
            sharex=True,
            squeeze=False,
            layout="constrained",
        )
        cells = list(panels.flat)
        colours = style.colour_of(list(dict.fromkeys(curve.design for curve in curves)))
        for pair, curve in zip(cells, curves, strict=False):
            colour = colours[curve.design]
            for row in table.filter(pl.col("curve") == curve.id).iter_rows(named=True):
                simulated = _points(row[POINTS])
                cores = np.linspace(1, self.extrapolate, 200)
                law = fit.usl(cores, row["one_core"], row["serial"], row["crosstalk"])
                pair.plot(
                    cores, law / row["one_core"], color=style.GUIDE, ls=DASHES[row["law"]], lw=1.2
                )
                if row["law"] == "usl":
                    pair.plot(
                        list(simulated),
                        [x / row["one_core"] for x in simulated.values()],
                        marker=".",
                        color=colour,
                        linewidth=1.4,
                    )
            name = f"{curve.group}, {curve.label}" if curve.group else curve.label
            pair.set_title(name, fontsize=9, fontweight="bold", loc="left")
            pair.set_ylim(0, None)
        for pair in cells[len(curves) :]:
            pair.set_axis_off()
        for row_of_panels in panels:
            row_of_panels[0].set_ylabel("speed-up")
        for pair in cells[max(len(curves) - across, 0) : len(curves)]:
            pair.set_xlabel("cores")
            pair.tick_params(labelbottom=True)
        marks = [("simulated", canvas.line_mark())]
        marks += [
            (NAMES[law], Line2D([], [], color=style.GUIDE, ls=DASHES[law], lw=1.2))
            for law in fit.LAWS
        ]
        canvas.key(figure, marks, columns=3)
        seaborn.despine(fig=figure)
        return figure

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """Serial fraction of every curve's USL, and its peak where the crosstalk is not nothing."""
        import polars as pl

        from analysis.wording import percent

        curves = {c.id: c for c in experiment.curves}
        parts = []
        for row in table.filter(pl.col("law") == "usl").iter_rows(named=True):
            curve = curves[row["curve"]]
            name = f"{curve.group}, {curve.label}" if curve.group else curve.label
            peak = f"peak at {peak_of(row)} cores" if row["crosstalk_low"] > 0 else "no peak"
            parts.append(f"{name}: serial {percent(100 * row['serial'])}, {peak}")
        return (
            "Universal Scalability Law fitted to the simulated throughput. "
            + "; ".join(parts)
            + "."
        )

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """One row per curve and law."""
        from analysis.wording import number

        curves = {c.id: c for c in experiment.curves}
        header = [
            "group",
            "curve",
            "law",
            "fitted on cores",
            "serial %",
            "95 % interval",
            "crosstalk",
            "95 % interval",
            "peak cores",
            "speed-up limit",
            "mean |error| %",
        ]
        rows = []
        for row in table.iter_rows(named=True):
            curve = curves[row["curve"]]
            low, high = 100 * row["serial_low"], 100 * row["serial_high"]
            rows.append(
                [
                    curve.group,
                    curve.label,
                    NAMES[row["law"]],
                    f"{row['first_cores']} to {row['last_cores']}",
                    f"{100 * row['serial']:.2f}",
                    f"{low:.2f} … {high:.2f}",
                    number(row["crosstalk"]),
                    f"{number(row['crosstalk_low'])} … {number(row['crosstalk_high'])}",
                    peak_of(row),
                    number(row["limit"]),
                    f"{row['mean_absolute_percent']:.1f}",
                ]
            )
        return header, rows, [False, False, False, False] + [True] * 7


def peak_of(row: dict[str, Any]) -> str:
    """Core count of a law's peak in words; none where its crosstalk may be nothing at all."""
    return f"{row['peak_cores']:,.0f}" if row["crosstalk_low"] > 0 else "none"


def _points(text: str) -> dict[int, float]:
    pairs = (item.split(":") for item in text.split())
    return {int(cores): float(value) for cores, value in pairs}
