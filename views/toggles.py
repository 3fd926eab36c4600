"""Who gains how much from which switch: a map of cases by toggles (OSDI'10 Figure 1).

The upper panel flips a switch on (one fix alone), the lower one flips it off (one fix missing):
serial bottlenecks hide one another, so the two orders need not agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from sim.experiment.fields import PublishedCases
from sim.experiment.view import Cells, View, require_published

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots, Table

PREFIX = "kernel.fix."
LARGEST_PERCENT = 50.0  # gains beyond this share one colour


class ToggleView(View):
    """Gain in throughput of flipping each of the experiment's toggles alone."""

    joins: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("toggles",)
    reference_columns: ClassVar[tuple[str, ...]] = ("id", "applications")

    kind: Literal["toggles"]
    reference: str | None = Field(
        default=None, description="table under reference/ of which case profits from which toggle"
    )
    cases: PublishedCases = Field(
        default_factory=dict, description="case to its name in the reference"
    )

    def check(self, experiment: Experiment, where: str) -> None:
        """Check that the published table comes with what the cases are called in it."""
        require_published(where, self.reference, {"cases": self.cases})

    def check_published(self, table: Table, origin: str) -> None:
        """Check the names of cases."""
        # a fix profits several; an application that profits from none is in no row
        known = {name for text in table.values("applications") for name in text.split("|")}
        table.require_in(known, "applications", self.cases.values(), origin)

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """Gain of every toggle, with whether the paper names the case beside the switch."""
        import polars as pl

        from analysis.read import reference, toggles

        published: dict[str, list[str]] = {}
        if self.reference is not None:
            rows = reference.table(self.reference, references)
            published = {i: a.split("|") for i, a in rows.select("id", "applications").iter_rows()}
        gains = toggles.table(results.points)
        found = []
        for curve in experiment.curves:
            mine = gains.filter(pl.col("curve") == curve.id)
            if mine.is_empty():
                continue
            rows_by_toggle = {row["toggle"]: row for row in mine.iter_rows(named=True)}
            first = mine.row(0, named=True)
            names = (curve.case, curve.group, curve.label)
            for name, applications in published.items():
                named = self.cases.get(curve.case) in applications
                key = f"{PREFIX}{name}"
                row = rows_by_toggle.pop(key, None)
                if row is not None:
                    found.append((*names, *row.values(), named))
                elif named:  # the paper names it; nothing in the model depends on it
                    place = (curve.id, key, first["on"], first["cores"], None, None, None)
                    found.append((*names, *place, named))
            for row in rows_by_toggle.values():
                found.append((*names, *row.values(), None))
        names_of_cases = {"case": str, "group": str, "label": str}
        schema = {**names_of_cases, **toggles.SCHEMA, "named": bool}
        return pl.DataFrame(found, schema=schema, orient="row")

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """A map of switches alone on, one of those alone off; framed where the paper names both."""
        import matplotlib.pyplot as plt
        import polars as pl
        import seaborn
        from matplotlib.patches import Rectangle

        from analysis.draw import style
        from analysis.wording import switch_of

        style.apply()
        names = _toggles(experiment, table)
        groups = list(experiment.groups)
        titles, maps = _maps(table)
        figure, panels = plt.subplots(
            1,
            len(maps),
            figsize=((0.35 + 0.6 * len(maps)) * style.WIDTH, 1.4 + 0.3 * len(names)),
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        added = set() if titles else set(table.filter("on")["toggle"].to_list())
        for pair, mine in zip(panels[0], maps, strict=True):
            seaborn.heatmap(
                _brought(mine, names, groups),
                ax=pair,
                cmap=style.two_ways(),
                vmin=-LARGEST_PERCENT,
                vmax=LARGEST_PERCENT,
                annot=True,
                fmt=".0f",
                annot_kws={"fontsize": 8},
                cbar=False,
                linewidths=0.5,
                xticklabels=list(experiment.groups.values()),
                yticklabels=[
                    f"{switch_of(name)} (added)" if name in added else switch_of(name)
                    for name in names
                ],
            )
            for text in pair.texts:
                text.set_color(style.ink_on(_percent(text) / LARGEST_PERCENT))
            for row in mine.filter(pl.col("named")).iter_rows(named=True):
                corner = groups.index(row["case"]) + 0.04, names.index(row["toggle"]) + 0.06
                pair.add_patch(Rectangle(corner, 0.92, 0.88, fill=False, ec=style.INK, lw=1.2))
            _name_columns(pair, list(experiment.groups.values()))
        for pair, title in zip(panels[0], titles, strict=False):
            pair.set_title(title, fontsize=10, fontweight="bold", loc="left")
        label = "% of throughput that the fix brings at the largest core count;"
        label += " added: the kernel lacks it;" if added else ""
        label += " framed: named by the paper," if self.reference is not None else ""
        end = "\n" if len(maps) == 1 else " "
        figure.supxlabel(
            f"{label}{end}without a number: nothing in the model depends on it", fontsize=9
        )
        return figure

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """Largest gain of each group, alone and last."""
        import polars as pl

        from analysis.wording import percent, switch_of

        parts = []
        for case, group in dict(table.select("case", "group").iter_rows()).items():
            for on, text in ((True, "alone"), (False, "when missing")):
                mine = table.filter(
                    (pl.col("case") == case) & (pl.col("on") == on) & pl.col("gain").is_not_null()
                )
                if mine.is_empty():
                    continue
                best = mine.sort("gain", descending=on).row(0, named=True)
                name = switch_of(best["toggle"])
                most = round(100 * best["gain"])
                parts.append(
                    f"{group}: {name} {text}, {percent(most, 0)}"
                    if most
                    else f"{group}: 0 % {text}"
                )
        return "Largest change of throughput. " + "; ".join(parts) + "."

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """One row per toggle and curve, largest effects first."""
        import polars as pl

        from analysis.wording import switch_of

        header = ["group", "curve", "switch", "flipped", "gain %", "95 % interval", "in the paper"]
        ordered = table.filter(pl.col("gain").is_not_null()).sort(
            [pl.col("gain").abs(), "curve", "toggle"], descending=[True, False, False]
        )
        rows = [
            [
                row["group"],
                row["label"],
                switch_of(row["toggle"]),
                "on" if row["on"] else "off",
                f"{100 * row['gain']:+.1f}".replace("-", "−"),
                f"{100 * row['low']:+.1f} … {100 * row['high']:+.1f}".replace("-", "−"),
                {True: "named", False: "", None: ""}[row["named"]],
            ]
            for row in ordered.iter_rows(named=True)
        ]
        return header, rows, [False, False, False, False, True, True, False]


def _percent(text: Text) -> float:
    """The value that a cell says."""
    return float(text.get_text())


def _maps(table: pl.DataFrame) -> tuple[list[str], list[pl.DataFrame]]:
    """Titles and rows of the maps: one for each direction, or one without a title.

    One is enough where every switch is flipped one way: a kernel that has most of the fixes gains
    the few that it lacks, and the two maps would be each other's blanks.
    """
    import polars as pl

    titles = {True: "one fix more", False: "one fix less"}
    ways = table.group_by("toggle").agg(pl.col("on").n_unique())["on"].to_list()
    present = [on for on in titles if on in set(table["on"].to_list())]
    if len(present) > 1 and max(ways) == 1:
        return [], [table]
    shown = present or [True]
    return [titles[on] for on in shown], [table.filter(pl.col("on") == on) for on in shown]


def _brought(table: pl.DataFrame, names: list[str], groups: list[str]) -> Any:
    """Percent that each switch brings each group: float64[names, groups], NaN: unknown."""
    import numpy as np

    values = np.full((len(names), len(groups)), np.nan)
    for row in table.iter_rows(named=True):
        place = names.index(row["toggle"]), groups.index(row["case"])
        if row["gain"] is not None:
            values[place] = round((100 if row["on"] else -100) * row["gain"]) + 0.0
    return values


def _name_columns(pair: Axes, names: list[str]) -> None:
    """Names that end below their columns, and no lines, which would strike the numbers out."""
    pair.grid(visible=False)
    pair.set_xticks(pair.get_xticks(), names, rotation=45, ha="right", rotation_mode="anchor")
    pair.tick_params(axis="both", length=0)
    pair.tick_params(axis="y", rotation=0)


def _toggles(experiment: Experiment, table: pl.DataFrame) -> list[str]:
    """Toggles in the order of the schema, those that something depends on."""
    return table["toggle"].unique(maintain_order=True).to_list()
