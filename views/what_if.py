"""What would be gained if an object cost nothing: a ranking for each curve.

The dot is the throughput without the object's cost, as a multiple of the plain one, with its 95 %
interval; the object's share of the cycles in the plain run stands beside it as a number. Where work
is independent the two agree; what others queue behind gains more than its share, what hides behind
another bottleneck less. An object that costs one core nearly as much is work that has to be done:
nobody could save it, and it is drawn hollow, after the others.
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
    "work": float,
}
MOSTLY = 0.5
"""Part of an object's cycles that the fewest cores spend as well, from which on it is work."""
LEAST = 1e-3
"""Multiple of the plain throughput below which a logarithmic axis shows no difference."""
WIDE = 4.0
"""Largest over smallest multiple from which on the axis is logarithmic."""
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

        place = ["curve", "cores", "object"]
        freed = (
            what_if.table(results.points)
            .join(what_if.shares(results.shares), on=place, how="left")
            .join(what_if.work(results.shares), on=place, how="left")
        )
        flipped = toggles.table(results.points).select(
            "curve",
            pl.col("toggle").alias("what"),
            pl.when("on").then(pl.lit(ON)).otherwise(pl.lit(OFF)).alias("change"),
            *("cores", "gain", "low", "high"),
            pl.lit(None, pl.Float64).alias("share"),
            pl.lit(None, pl.Float64).alias("work"),
        )
        everything = pl.concat(
            [
                freed.select(
                    "curve",
                    pl.col("object").alias("what"),
                    pl.lit(FREED).alias("change"),
                    *("cores", "gain", "low", "high"),
                    pl.col("share").fill_null(0.0),  # not in the account: it took no cycle
                    pl.col("work").fill_null(0.0),
                ),
                flipped,
            ]
        ).filter(pl.col("cores") == self.cores)
        rows: list[tuple[Any, ...]] = []
        for curve in experiment.curves:
            mine = everything.filter(pl.col("curve") == curve.id).sort(
                [pl.col("work").fill_null(0.0) > MOSTLY, "gain", "what"],
                descending=[False, True, False],
            )
            for rank, (name, *rest) in enumerate(mine.iter_rows(), 1):
                rows.append((name, curve.label, rank, *rest))
        return pl.DataFrame(rows, schema=SCHEMA, orient="row")

    def draw(self, experiment: Experiment, table: pl.DataFrame) -> Figure:
        """One panel per curve, one row per object or switch; gain and share in words beside it."""
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
        colours = style.colours_of(experiment)
        for panel, curve in zip(panels[:, 0], curves, strict=False):
            _draw_panel(panel, table.filter(pl.col("curve") == curve.id), colours[curve.id])
            panel.set_title(curve.label, fontsize=10, fontweight="bold", loc="left")
        _scale(panels[-1, 0], table)
        panels[-1, 0].set_xlabel(
            f"throughput without its cost, as a multiple of the plain one, {counted(self.cores)}",
            fontsize=9,
        )
        canvas.key(
            figure,
            [
                ("simulated, 95 % interval", canvas.point_mark(hollow=False)),
                ("work that has to be done", canvas.point_mark(hollow=True)),
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
            mine = table.filter(
                (pl.col("curve") == curve) & (pl.col("work").fill_null(0.0) <= MOSTLY)
            )
            if mine.is_empty():
                continue
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
        from analysis.wording import percent

        header = ["curve", "rank", "what", "change", "gain %", "95 % interval", "share of cycles"]
        rows = [
            [
                row["label"],
                str(row["rank"]),
                _what(row),
                _change(row),
                f"{100 * row['gain']:+.1f}".replace("-", "−"),
                f"{100 * row['low']:+.1f} … {100 * row['high']:+.1f}".replace("-", "−"),
                "" if row["share"] is None else percent(100 * row["share"]),
            ]
            for row in table.iter_rows(named=True)
        ]
        return header, rows, [False, True, False, False, True, True, True]


def _draw_panel(panel: Axes, ranked: pl.DataFrame, colour: str) -> None:
    """Throughput with intervals, and the gain and the share in words, of one curve."""
    from analysis.draw import style
    from analysis.wording import percent

    for place, row in enumerate(ranked.iter_rows(named=True)):
        value, low, high = (max(1 + row[end], LEAST) for end in ("gain", "low", "high"))
        panel.plot([low, high], [place, place], color=style.INK, linewidth=1.4)
        (mark,) = panel.plot([value], [place], color=colour, marker="o", markersize=7)
        if is_work(row):
            mark.set(markerfacecolor="white")
        share = "" if row["share"] is None else percent(100 * row["share"], 0)
        for at, text in ((1.03, effect(row["gain"])), (1.25, share)):
            panel.text(at, place, text, transform=panel.get_yaxis_transform(), va="center")
    for at, text in ((1.03, "gain"), (1.25, "share")):
        panel.text(at, 1.02, text, transform=panel.transAxes, fontweight="bold", va="bottom")
    panel.set_yticks(range(len(ranked)), [_named(row) for row in ranked.iter_rows(named=True)])
    panel.invert_yaxis()
    panel.axvline(1, color=style.INK, linewidth=0.9)
    panel.margins(x=0.08, y=0.12)
    panel.grid(axis="x")
    panel.grid(visible=False, axis="y")


def _scale(panel: Axes, table: pl.DataFrame) -> None:
    """Scale the axis that all panels share: in equal factors where gains differ by much."""
    from matplotlib.ticker import LogLocator, NullLocator

    ends = [1 + gain for gain in (*table["low"].to_list(), *table["high"].to_list())]
    if not ends or max(ends) < WIDE * max(min(ends), LEAST):
        return
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


def is_work(row: dict[str, Any]) -> bool:
    """Whether most of what was freed is work that has to be done."""
    return row["work"] is not None and row["work"] > MOSTLY


def _change(row: dict[str, Any]) -> str:
    """What was done, for a table: useful work is marked as such."""
    if row["change"] != FREED:
        return f"switched {row['change']}"
    return "costs nothing (work that has to be done)" if is_work(row) else "costs nothing"


def effect(gain: float) -> str:
    """A gain in throughput as a reader sees it: `+12 %`, or `3.2 times` from double on."""
    from analysis.wording import number, percent

    if gain >= 1:
        return f"{number(float(f'{1 + gain:.2g}'))} times"
    text = percent(100 * gain, 0 if abs(gain) >= 0.0995 else 1)
    return text if text.startswith("−") else f"+{text}"


def _what(row: dict[str, Any]) -> str:
    """What was freed, or which switch was flipped."""
    from analysis.wording import label_of, switch_of

    return label_of(row["what"]) if row["change"] == FREED else switch_of(row["what"])


def _named(row: dict[str, Any]) -> str:
    """What was freed, or which switch was flipped which way."""
    return _what(row) if row["change"] == FREED else f"{_what(row)}, {row['change']}"


def _sentence(row: dict[str, Any]) -> str:
    """One row in words: what was changed, what it does to throughput, and its share."""
    from analysis.wording import thing_of

    freed = row["change"] == FREED
    subject = (
        f"if {thing_of(row['what'])} took no time"
        if freed
        else f"with “{_what(row)}” switched {row['change']}"
    )
    if row["gain"] >= 1:
        said = f"{row['label']} would be {effect(row['gain'])} as fast"
    elif row["low"] <= 0 <= row["high"]:
        said = f"{row['label']}'s throughput would change by no more than noise"
    else:
        more = "more" if row["gain"] > 0 else "less"
        size = effect(row["gain"]).lstrip("+−")
        said = f"{row['label']} would have {size} {more} throughput"
    held = "" if row["share"] is None else f"; it takes {_share(row['share'])} of the cycles"
    return f"{subject}, {said}{held}"


def _share(share: float) -> str:
    """A share in words, with a digit where it is small."""
    from analysis.wording import percent

    return percent(100 * share, 0 if share >= 0.0995 else 1)
