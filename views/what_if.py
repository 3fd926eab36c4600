"""What would be gained if an object cost nothing: a ranking for each curve.

The bar is the part of an operation's time that goes away, or of the throughput that is lost; the
diamond is the object's share of the cycles in the plain run. Where work is independent the two
agree; what others queue behind gains more than its share, what hides behind another bottleneck
less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sim.experiment.fields import Cores
from sim.experiment.view import Cells, View

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.experiment.evidence import Results
    from sim.experiment.file import Experiment
    from sim.experiment.references import Roots

SCHEMA = {
    "curve": str,
    "label": str,
    "rank": int,
    "what": str,
    "change": str,
    "cores": int,
    "gain": float,
    "low": float,
    "high": float,
    "share": float,
}
FREED, ON, OFF = "freed", "on", "off"


class WhatIfView(View):
    """Gain in throughput of freeing each object of the experiment's what_if, and of its toggles."""

    needs: ClassVar[tuple[str, ...]] = ("what_if", "toggles")

    kind: Literal["what_if"]
    cores: Cores

    def table(self, experiment: Experiment, results: Results, references: Roots) -> pl.DataFrame:
        """Freed objects and flipped switches of every curve, largest gain first; and shares."""
        import polars as pl

        from analysis.read import toggles, what_if

        freed = what_if.table(results.points).join(
            what_if.shares(results.shares), on=["curve", "cores", "object"], how="left"
        )
        flipped = toggles.table(results.points).select(
            "curve",
            pl.col("toggle").alias("what"),
            pl.when("on").then(pl.lit(ON)).otherwise(pl.lit(OFF)).alias("change"),
            *("cores", "gain", "low", "high"),
            pl.lit(None, pl.Float64).alias("share"),
        )
        everything = pl.concat(
            [
                freed.select(
                    "curve",
                    pl.col("object").alias("what"),
                    pl.lit(FREED).alias("change"),
                    *("cores", "gain", "low", "high"),
                    pl.col("share").fill_null(0.0),  # not in the account: it took no cycle
                ),
                flipped,
            ]
        ).filter(pl.col("cores") == self.cores)
        rows: list[tuple[Any, ...]] = []
        for curve in experiment.curves:
            mine = everything.filter(pl.col("curve") == curve.id).sort(
                ["gain", "what"], descending=[True, False]
            )
            for rank, (name, *rest) in enumerate(mine.iter_rows(), 1):
                rows.append((name, curve.label, rank, *rest))
        return pl.DataFrame(rows, schema=SCHEMA, orient="row")

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """One panel per curve, one bar per object or switch, the gain in throughput beside it."""
        import matplotlib.pyplot as plt
        import polars as pl
        import seaborn

        from analysis.draw import canvas, style
        from analysis.wording import counted

        style.apply()
        curves = [c for c in experiment.curves if c.id in set(table["curve"].to_list())]
        counts = [len(table.filter(pl.col("curve") == curve.id)) for curve in curves] or [1]
        figure, panels = plt.subplots(
            len(counts),
            1,
            figsize=(style.WIDTH, 1.0 + sum(0.45 + 0.3 * count for count in counts)),
            sharex=True,
            squeeze=False,
            height_ratios=[count + 0.5 for count in counts],
            layout="constrained",
        )
        colours = style.colour_of([curve.id for curve in experiment.curves])
        for panel, curve in zip(panels[:, 0], curves, strict=False):
            _draw_panel(panel, table.filter(pl.col("curve") == curve.id), colours[curve.id])
            panel.set_title(curve.label, fontsize=10, fontweight="bold", loc="left")
        panels[-1, 0].set_xlabel(
            "% of an operation's time saved (left of 0: of throughput lost), "
            f"{counted(self.cores)}",
            fontsize=9,
        )
        canvas.key(
            figure,
            [
                ("change when it costs nothing", canvas.band_mark(0.75)),
                ("its share of the cycles", _share_mark()),
            ],
        )
        seaborn.despine(fig=figure)
        return figure

    def finding(self, experiment: Experiment, table: pl.DataFrame) -> str:
        """Best of each curve in words, and its largest slice where that is another one."""
        import polars as pl

        from analysis.wording import counted

        if table.is_empty():
            return f"There is no such run at {counted(self.cores)}."
        sentences = []
        for curve in table["curve"].unique(maintain_order=True):
            mine = table.filter(pl.col("curve") == curve)
            best = mine.row(0, named=True)
            text = _sentence(best)
            freed = mine.filter(pl.col("share").is_not_null())
            if len(freed):
                largest = freed.sort(["share", "what"], descending=[True, False]).row(0, named=True)
                if largest["what"] != best["what"]:
                    text += f". The largest slice is another: {_sentence(largest)}"
            sentences.append(text[0].upper() + text[1:])
        return " ".join(
            f"{text}." for text in [f"At {counted(self.cores)}, one at a time", *sentences]
        )

    def cells(self, experiment: Experiment, table: pl.DataFrame) -> Cells:
        """One row per curve and object or switch, largest gain first."""
        from analysis.wording import name_of, percent

        header = ["curve", "rank", "what", "change", "gain %", "95 % interval", "share of cycles"]
        rows = [
            [
                row["label"],
                str(row["rank"]),
                name_of(row["what"].rpartition(".")[2]),
                "costs nothing" if row["change"] == FREED else f"switched {row['change']}",
                f"{100 * row['gain']:+.1f}".replace("-", "−"),
                f"{100 * row['low']:+.1f} … {100 * row['high']:+.1f}".replace("-", "−"),
                "" if row["share"] is None else percent(100 * row["share"]),
            ]
            for row in table.iter_rows(named=True)
        ]
        return header, rows, [False, True, False, False, True, True, True]


def _draw_panel(panel: Axes, ranked: pl.DataFrame, colour: str) -> None:
    """Bars with intervals and shares of one curve."""
    from analysis.draw import style
    from analysis.read import what_if

    for place, row in enumerate(ranked.iter_rows(named=True)):
        width = 100 * what_if.saved(row["gain"])
        ends = [100 * what_if.saved(row[end]) for end in ("low", "high")]
        panel.barh(place, width, color=colour, alpha=0.75, height=0.7)
        panel.plot(ends, [place, place], color=style.INK, linewidth=1.4)
        marks = [width, *ends, 0.0]
        if row["share"] is not None:
            share = 100 * row["share"]
            (mark,) = panel.plot([share], [place], color="white", markeredgecolor=style.INK)
            mark.set(marker="D", clip_on=False, zorder=3)
            marks.append(share)
        panel.annotate(
            effect(row["gain"]),
            (max(marks), place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    panel.set_yticks(range(len(ranked)), [_named(row) for row in ranked.iter_rows(named=True)])
    panel.invert_yaxis()
    panel.axvline(0, color=style.INK, linewidth=0.9)
    panel.margins(x=0.14)
    panel.grid(axis="x")
    panel.grid(visible=False, axis="y")


def _share_mark() -> Any:
    """Key entry of the share."""
    from matplotlib.lines import Line2D

    from analysis.draw import style

    return Line2D(
        [], [], linestyle="", marker="D", color="white", markeredgecolor=style.INK, markersize=6
    )


def effect(gain: float) -> str:
    """A gain in throughput as a reader sees it: `+12 %`, or `3.2 times` from double on."""
    from analysis.wording import number, percent

    if gain >= 1:
        return f"{number(float(f'{1 + gain:.2g}'))} times"
    text = percent(100 * gain, 0 if abs(gain) >= 0.0995 else 1)
    return text if text.startswith("−") else f"+{text}"


def _named(row: dict[str, Any]) -> str:
    """What was freed, or which switch was flipped which way."""
    from analysis.wording import name_of

    name = name_of(row["what"].rpartition(".")[2])
    return name if row["change"] == FREED else f"{name} {row['change']}"


def _sentence(row: dict[str, Any]) -> str:
    """One row in words: what was changed, what it does to throughput, and its share."""
    from analysis.wording import name_of

    name = name_of(row["what"].rpartition(".")[2])
    freed = row["change"] == FREED
    subject = f"freeing {name}" if freed else f"switching {name} {row['change']}"
    if row["gain"] >= 1:
        said = f"makes {row['label']} {effect(row['gain'])} as fast"
    elif row["low"] <= 0 <= row["high"]:
        said = f"changes {row['label']}'s throughput by no more than noise"
    else:
        more = "more" if row["gain"] > 0 else "less"
        size = effect(row["gain"]).lstrip("+−")
        said = f"gives {row['label']} {size} {more} throughput"
    held = "" if row["share"] is None else f"; it holds {_share(row['share'])} of the cycles"
    return f"{subject} {said}{held}"


def _share(share: float) -> str:
    """A share in words, with a digit where it is small."""
    from analysis.wording import percent

    return percent(100 * share, 0 if share >= 0.0995 else 1)
