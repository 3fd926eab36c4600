"""A measure against cores: simulated lines with their bands, published points as markers."""

from __future__ import annotations

import polars as pl
import seaborn
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.draw import bars, canvas, style
from analysis.draw.bridge import columns
from analysis.judge import errors
from analysis.read import tidy
from sim.experiment.file import Experiment, Measure

CONFIDENCE_ALPHA, SENSITIVITY_ALPHA = 0.28, 0.14
BRANCH_SIZE = 90
"""Area in square points of a branch that all runs would be in."""
SEEN = 0.01
"""Part of the axis that a band spans where it shows beside its line, which is about as wide."""


def draw(
    experiment: Experiment,
    measure: Measure,
    summary: pl.DataFrame,
    published: pl.DataFrame,
) -> Figure:
    """Draw one measure of an experiment.

    Parameters
    ----------
    summary : `tidy.summarise` of the measure's column, scaled
    published : published points with columns curve, cores, published, role, also those at core
        counts that were not simulated
    """
    if bars.suits(summary):
        return bars.draw(experiment, measure, summary, published)
    figure, pair = canvas.axes()
    labels = {curve.id: curve.label for curve in experiment.curves}
    colours, widths = style.colours_of(experiment), style.width_of(list(labels))
    dashes = style.dashes_of(list(labels))
    lines = tidy.base(summary)
    sensitivity = tidy.sensitivity_band(summary)
    ends = []
    for curve, label in labels.items():
        mine = lines.filter(pl.col("curve") == curve).sort("cores")
        if mine.is_empty():
            continue
        colour = colours[curve]
        _band(pair, sensitivity.filter(pl.col("curve") == curve), colour, SENSITIVITY_ALPHA)
        _band(pair, mine, colour, CONFIDENCE_ALPHA)
        followed = mine.select("cores", usual().alias("value"))
        seaborn.lineplot(
            data=columns(followed),
            x="cores",
            y="value",
            color=colour,
            linewidth=widths[curve],
            linestyle=dashes[curve],
            errorbar=None,
            marker="." if len(mine) < 3 else None,
            ax=pair,
            zorder=3,
        )
        _branches(pair, mine, colour)
        ends.append((label, float(mine["cores"][-1]), float(followed["value"][-1]), colour))
    _markers(pair, published, colours)
    tops = [*lines["high"].to_list(), *sensitivity["high"].to_list(), *published["published"]]
    top = max((value for value in tops if value is not None), default=1.0)
    if canvas.spans_decades(_series(lines, published)):
        least = [v for v in (*lines["low"], *published["published"]) if v is not None and v > 0]
        pair.set_yscale("log")
        pair.set_ylim(min(least) / 1.3, 1.3 * top)
    else:
        pair.set_ylim(0, 1.06 * top if top > 0 else 1.0)
    canvas.core_axis(pair, [*lines["cores"].to_list(), *published["cores"].to_list()])
    canvas.value_axis(pair, measure.label, top)
    canvas.label_lines(pair, ends)
    canvas.key(figure, _key(lines, sensitivity, published, SEEN * pair.get_ylim()[1]))
    seaborn.despine(fig=figure)
    return figure


def _series(lines: pl.DataFrame, published: pl.DataFrame) -> list[list[float]]:
    """Values of each curve, simulated and published."""
    both = [lines.select("curve", value="mean"), published.select("curve", value="published")]
    return pl.concat(both).drop_nulls().group_by("curve").agg("value")["value"].to_list()


def usual() -> pl.Expr:
    """Mean of a point; of a bistable one, that of the branch that most of its runs are in."""
    branch = pl.when(pl.col("fast_share") >= 0.5).then("fast").otherwise("slow")
    return pl.when(pl.col("fast_share").is_null()).then("mean").otherwise(branch)


def _branches(pair: Axes, mine: pl.DataFrame, colour: str) -> None:
    """Draw both branches of bistable points, each as large as its share of the runs."""
    for row in mine.filter(pl.col("fast_share").is_not_null()).iter_rows(named=True):
        shares = row["fast_share"], 1 - row["fast_share"]
        pair.scatter(
            [row["cores"]] * 2,
            [row["fast"], row["slow"]],
            s=[BRANCH_SIZE * share for share in shares],
            marker="s",
            color=colour,
            zorder=5,
        )


def _band(pair: Axes, table: pl.DataFrame, colour: str, alpha: float) -> None:
    if len(table) > 1:
        pair.fill_between(
            table["cores"].to_list(),
            table["low"].to_list(),
            table["high"].to_list(),
            color=colour,
            alpha=alpha,
            linewidth=0,
            zorder=2,
        )


def _markers(pair: Axes, published: pl.DataFrame, colours: dict[str, str]) -> None:
    for curve, colour in colours.items():
        for role, face in ((errors.PREDICTED, colour), (errors.CALIBRATED, "none")):
            mine = published.filter((pl.col("curve") == curve) & (pl.col("role") == role))
            if mine.is_empty():
                continue
            seaborn.scatterplot(
                data=columns(mine.select("cores", "published")),
                x="cores",
                y="published",
                facecolor=face,
                edgecolor=colour,
                linewidth=1.4,
                s=34,
                legend=False,
                ax=pair,
                zorder=4,
            )


def _shows(band: pl.DataFrame, least: float) -> bool:
    """Whether some curve's band is wider than `least` anywhere; one point draws none."""
    drawn = band.filter(pl.len().over("curve") > 1)
    return bool((drawn["high"] - drawn["low"] > least).any())


def _shows_beyond(band: pl.DataFrame, inner: pl.DataFrame, least: float) -> bool:
    """Whether some curve's band reaches further than `least` beyond the curve's inner band."""
    drawn = band.filter(pl.len().over("curve") > 1)
    both = drawn.join(inner, on=["curve", "cores"], suffix="_inner")
    above, below = both["high"] - both["high_inner"], both["low_inner"] - both["low"]
    return bool(((above > least) | (below > least)).any())


def _key(
    lines: pl.DataFrame, sensitivity: pl.DataFrame, published: pl.DataFrame, least: float
) -> list[tuple[str, Artist]]:
    """Entries for what the figure shows: a band that its line or a narrower band covers is not."""
    entries: list[tuple[str, Artist]] = [("simulated, mean", canvas.line_mark())]
    if _shows(lines, least):
        entries.append(("95 % confidence", canvas.band_mark(CONFIDENCE_ALPHA + 0.15)))
    if _shows_beyond(sensitivity, lines, least):
        entries.append(("sensitivity", canvas.band_mark(SENSITIVITY_ALPHA + 0.06)))
    if lines["fast_share"].count():
        entries.append(("two branches, size: share of runs", canvas.square_mark()))
    roles = set(published["role"].to_list())
    if errors.PREDICTED in roles:
        entries.append(("published", canvas.point_mark(hollow=False)))
    if errors.CALIBRATED in roles:
        entries.append(("published, used in calibration", canvas.point_mark(hollow=True)))
    return entries
