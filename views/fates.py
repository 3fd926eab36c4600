"""What became of a paper's fixes: the form that each has today, and what it still brings.

The published table names each fix, its form, and the kernels that have it. Beside it stands the
change of throughput when the fix alone is changed on today's kernel, in the application that loses
or gains most: taken away where the kernel has it, added where it has not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from sim.experiment.view import Cells, View

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.figure import Figure

    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots

PREFIX = "kernel.fix."
MISSED = 0.05
"""Loss of throughput from which on a fix would be missed."""
COLUMNS = ("id", "form", "commits", "versions", "version_source", "linux_5_10", "linux_6_12")
SCHEMA = {
    **dict.fromkeys(COLUMNS, str),
    "cores": int,
    "adds": bool,
    "group": str,
    "gain": float,
    "low": float,
    "high": float,
}


class FatesView(View):
    """Every fix of a table: its form today, and the largest effect of changing it."""

    needs: ClassVar[tuple[str, ...]] = ("toggles",)
    reference_columns: ClassVar[tuple[str, ...]] = COLUMNS

    kind: Literal["fates"]
    reference: str

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """A row for every fix and core count; no gain where no application depends on the fix."""
        import polars as pl

        from analysis.read import reference, toggles

        groups = {curve.id: curve.group.split(",")[0] for curve in experiment.curves}
        gains = toggles.table(results.points)
        counts = gains["cores"].unique().sort().to_list()
        found = []
        for row in reference.table(self.reference, references).select(COLUMNS).iter_rows():
            for cores in counts:
                mine = gains.filter(
                    (pl.col("toggle") == f"{PREFIX}{row[0]}") & (pl.col("cores") == cores)
                ).sort(pl.col("gain").abs(), "curve", descending=[True, False])
                if mine.is_empty():
                    found.append((*row, cores, None, "", None, None, None))
                    continue
                first = mine.row(0, named=True)
                effect = (first["gain"], first["low"], first["high"])
                found.append((*row, cores, first["on"], groups[first["curve"]], *effect))
        return pl.DataFrame(found, schema=SCHEMA, orient="row")

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """A map of fixes by core counts: change of throughput, where it is largest."""
        import matplotlib.pyplot as plt
        import numpy as np
        import polars as pl
        import seaborn

        from analysis.draw import style
        from analysis.wording import counted, switch_of

        style.apply()
        fixes = table["id"].unique(maintain_order=True).to_list()
        counts = table["cores"].unique().sort().to_list()
        values = np.full((len(fixes), max(len(counts), 1)), np.nan)
        for row in table.filter(pl.col("gain").is_not_null()).iter_rows(named=True):
            values[fixes.index(row["id"]), counts.index(row["cores"])] = round(100 * row["gain"])
        figure, panel = plt.subplots(
            figsize=(0.8 * style.WIDTH, 1.2 + 0.3 * len(fixes)), layout="constrained"
        )
        seaborn.heatmap(
            values + 0.0,
            ax=panel,
            cmap=style.two_ways(),
            vmin=-100,
            vmax=100,
            annot=True,
            fmt=".0f",
            cbar=False,
            linewidths=0.5,
            xticklabels=[counted(cores) for cores in counts] or [""],
            yticklabels=[switch_of(fix) for fix in fixes],
        )
        for text in panel.texts:
            text.set_color(style.ink_on(float(text.get_text()) / 100))
        panel.grid(visible=False)
        panel.tick_params(axis="both", rotation=0, length=0)
        panel.set_xlabel("% of throughput, the fix alone changed", fontsize=9)
        return figure

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """How many fixes would be missed at each core count."""
        import polars as pl

        from analysis.wording import counted

        parts = []
        for cores in table["cores"].unique().sort():
            missed = table.filter(
                (pl.col("cores") == cores) & ~pl.col("adds") & (pl.col("high") < -MISSED)
            )
            parts.append(f"{len(missed)} at {counted(cores)}")
        fixes = table["id"].n_unique()
        return (
            f"Of {fixes} fixes, those without which some application would lose more than "
            f"{100 * MISSED:.0f} % of its throughput: {', '.join(parts)}."
        )

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """One row per fix, in the table's order; an effect names its application."""
        import polars as pl

        from analysis.wording import counted, switch_of

        counts = table["cores"].unique().sort().to_list()
        has_run = set(table.filter(pl.col("gain").is_not_null())["id"].to_list())
        header = ["fix", "form today", "commits", "versions", "5.10", "6.12"]
        header += [f"changed alone, {counted(cores)}" for cores in counts]
        rows: dict[str, list[str]] = {}
        for row in table.iter_rows(named=True):
            assumed = " (assumed)" if row["version_source"] == "assumed" else ""
            about = [row["form"], row["commits"] or "", f"{row['versions'] or ''}{assumed}".strip()]
            start = [switch_of(row["id"]), *about, row["linux_5_10"], row["linux_6_12"]]
            none = "not run" if row["id"] in has_run else "nothing depends on it"
            rows.setdefault(row["id"], start).append(_effect(row["gain"], row["group"]) or none)
        return header, list(rows.values()), [False] * len(header)


def _effect(gain: float | None, group: str) -> str:
    """A change of throughput in words, and in which application; empty without one."""
    if gain is None:
        return ""
    return f"{100 * gain:+.0f} % ({group})".replace("-", "−")
