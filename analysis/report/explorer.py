"""The charts of an experiment's page that a reader can question, from its artifact.

Artifact  -->  of_measures   the paper's figure: simulated lines over published points
          -->  of_account    cycles per operation at any core count, work of one core apart
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import polars as pl

from analysis.draw import style
from analysis.draw.bars import FEW
from analysis.judge import accuracy
from analysis.read import breakdown, tidy
from analysis.report import charts
from analysis.report.charts import Chart, Rows, Series
from analysis.wording import contribution_of, percent

if TYPE_CHECKING:
    from analysis.artifact.record import Artifact
    from sim.experiment.file import Measure

AXES = 2
"""Axes of values that one chart has."""
NAMED = 7
"""Excesses that have a name and a colour in an account; the rest is one."""
WORK_COLOUR, OTHER_COLOUR = "#B4B4B4", "#DDCC77"


@dataclass(frozen=True)
class Account:
    """A chart of an account, and the core counts that its slider goes through."""

    chart: Chart
    counts: list[int]
    few: int


# --- measures ----------------------------------------------------------------------------------


def of_measures(artifact: Artifact) -> list[Chart]:
    """Charts of all measures; those of up to two units share one, as in the papers' figures."""
    measures = artifact.experiment.measures
    by_unit = [
        (unit, list(group)) for unit, group in groupby(measures, key=lambda one: unit_of(one.label))
    ]
    few = all(_is_few(artifact, measure) for measure in measures)
    apart = few or len(by_unit) > AXES
    groups = [[part] for part in by_unit] if apart else [by_unit]
    if few:
        groups = [[(unit, [one])] for unit, group in by_unit for one in group]
    return [_chart(artifact, group, few) for group in groups if group]


def unit_of(label: str) -> str:
    """Unit of an axis label, `messages/s/core`; the label itself where it names none."""
    found = re.search(r"\(([^()]*)\)\s*$", label)
    return found[1] if found else label


def word_of(label: str) -> str:
    """Axis label without its unit: `User time`."""
    return re.sub(r"\s*\([^()]*\)\s*$", "", label)


def _is_few(artifact: Artifact, measure: Measure) -> bool:
    """Whether no curve has more than a few core counts."""
    counts = tidy.base(artifact.summaries[measure.id]).group_by("curve").len()["len"].to_list()
    return max(counts, default=0) <= FEW


def _chart(artifact: Artifact, group: list[tuple[str, list[Measure]]], few: bool) -> Chart:
    measures = [one for _, of_unit in group for one in of_unit]
    first = measures[0]
    title = first.label if len(measures) == 1 else artifact.experiment.title
    name = first.id if len(measures) == 1 else "figure"
    if few:
        spec = _bars(artifact, first)
        word = word_of(first.label)
        return Chart(name, word, spec, charts.static(spec, word), caption(artifact, measures))
    series, axes = _series(artifact, group)
    simulated = [row for one in _once(measures) for row in _simulated(artifact, one, first)]
    published = [row for one in measures for row in _published(artifact, one, first)]
    spec = charts.lines(axes, series, simulated, published)
    wanted = [one.name for one in series if one.shown]
    shown = charts.only(spec, wanted)
    wide = charts.spans_decades(shown)
    svg = charts.static(charts.logarithmic(shown) if wide else shown, word_of(title))
    return Chart(name, word_of(title), spec, svg, caption(artifact, measures), series, wide)


def caption(artifact: Artifact, measures: Sequence[Measure]) -> str:
    """What the marks mean, and how far simulated and published values are apart."""
    said = []
    labels = dict(artifact.curves)
    for measure in measures:
        found = artifact.errors.filter(
            (pl.col("measure") == measure.id) & (pl.col("points") == "all") & (pl.col("n") > 0)
        )
        for row in found.iter_rows(named=True):
            if row["curve"] in labels:
                mean, worst = row["mean_absolute_percent"], row["max_absolute_percent"]
                name = _name(labels[row["curve"]], measure, measures[0])
                said.append(f"{name} {percent(mean)} (at most {percent(worst)})")
    few = _is_few(artifact, measures[0])
    compared = any(published_points(artifact, measure) for measure in measures)
    marks = "Bars are simulated" if few else "Lines are simulated, with 95 % intervals"
    if compared:
        marks += ", diamonds published" if few else "; points are published, hollow where fitted"
    marks += "."
    return f"{marks} Mean error: {', '.join(said)}." if said else marks


def _name(label: str, measure: Measure, first: Measure) -> str:
    """A series as a legend names it: the curve, and what is measured unless it is the first.

    Measures with one label are one quantity that was published in several places.
    """
    return label if measure.label == first.label else f"{label}, {word_of(measure.label).lower()}"


def _once(measures: Sequence[Measure]) -> list[Measure]:
    """The first measure of each label: the others have the same lines, beside other points."""
    return list({one.label: one for one in reversed(measures)}.values())[::-1]


def _series(
    artifact: Artifact, group: list[tuple[str, list[Measure]]]
) -> tuple[list[Series], list[tuple[str, list[str]]]]:
    """Every line, and which of them is on which axis; of several measures those published show."""
    colours = style.colours_of(artifact.experiment)
    measures = [one for _, of_unit in group for one in of_unit]
    first, found, axes = measures[0], [], []
    for unit, of_unit in group:
        words = ", ".join(dict.fromkeys(word_of(one.label) for one in of_unit))
        names: list[str] = []
        for measure in _once(of_unit):
            dash = charts.DASHES[measures.index(measure) % len(charts.DASHES)]
            for curve, label in artifact.curves:
                name = _name(label, measure, first)
                shown = measure is first or not measure.series or curve in measure.series
                found.append(Series(name, colours[curve], dash, shown))
                names.append(name)
        axes.append((f"{words} ({unit})" if unit != words else unit, names))
    return found, axes


def _simulated(artifact: Artifact, measure: Measure, first: Measure) -> Rows:
    """Rows of a measure's lines."""
    from analysis.draw.measure import usual

    labels = dict(artifact.curves)
    summary = tidy.base(artifact.summaries[measure.id]).with_columns(usual().alias("value"))
    wanted = summary.filter(pl.col("curve").is_in(list(labels))).sort("curve", "cores")
    return [
        {"series": _name(labels[curve], measure, first), "kind": "simulated", "cores": cores}
        | {"value": value, "low": low, "high": high}
        for curve, cores, value, low, high in wanted.select(
            "curve", "cores", "value", "low", "high"
        ).iter_rows()
    ]


def _published(artifact: Artifact, measure: Measure, first: Measure) -> Rows:
    """Rows of a measure's published points, with how exactly they were read."""
    table = artifact.published[measure.id]
    if table.is_empty() or measure.reference is None:
        return []
    known = accuracy.of_file(measure.reference, artifact.references)
    values = table["published"].to_list()
    off = known.error_of(values) if known is not None else 0.0
    labels = dict(artifact.curves)
    return [
        {"series": _name(labels[curve], measure, first), "kind": "published", "cores": cores}
        | {"value": value, "low": value - off, "high": value + off, "role": role}
        for curve, cores, value, role in table.select(
            "curve", "cores", "published", "role"
        ).iter_rows()
        if curve in labels
    ]


def _bars(artifact: Artifact, measure: Measure) -> charts.Spec:
    """A measure of few core counts as bars, with published values that claims state of it.

    Where some are published, curves without any measure something else and are left to the table.
    """
    experiment, stated = artifact.experiment, published_points(artifact, measure)
    named = {curve.id: curve for curve in experiment.curves if curve.id in artifact.present}
    answering = {curve for curve, _ in stated} or set(named)
    kernels = len(set(experiment.kernels.values())) > 1
    colours = style.colours_of(experiment, list(named)) if kernels else {}
    summary = tidy.base(artifact.summaries[measure.id]).sort("cores")
    one = summary["cores"].n_unique() == 1
    names, found, theirs = {}, [], []
    for curve in (curve for curve in named.values() if curve.id in answering):
        mine = summary.filter(pl.col("curve") == curve.id)
        for cores, mean in mine.select("cores", "mean").rows():
            name = curve.label if one else f"{curve.label}, {curve.at(cores)}"
            names[name] = colours.get(curve.id, style.PALETTE[5])
            found.append({"name": name, "kind": "simulated", "value": mean})
            if (curve.id, cores) in stated:
                value = stated[curve.id, cores]
                theirs.append({"name": name, "kind": "published", "value": value})
    return charts.bars(measure.label, list(names), names, found, theirs)


def published_points(artifact: Artifact, measure: Measure) -> dict[tuple[str, int], float]:
    """Published values of a measure by curve and cores, of its series or else of single claims."""
    table = artifact.published[measure.id]
    found = {
        (curve, round(cores)): value
        for curve, cores, value in table.select("curve", "cores", "published").iter_rows()
    }
    for claim in artifact.experiment.claims:
        metric = claim.metric
        if (
            metric is not None
            and metric.kind == "point"
            and isinstance(claim.published, float)
            and getattr(metric, "column", "") == measure.column
        ):
            place = (str(getattr(metric, "curve", "")), int(getattr(metric, "cores", 0)))
            found.setdefault(place, claim.published * measure.scale)
    return found


# --- the account -------------------------------------------------------------------------------


def of_account(artifact: Artifact) -> Account | None:
    """The account at every core count that was simulated; None without two of them."""
    both = breakdown.contributions(artifact.shares)
    counts = sorted(set(both["cores"].to_list()))
    if not artifact.experiment.breakdown or len(counts) < 2:
        return None
    labels, few = dict(artifact.curves), counts[0]
    rows = [row for curve in labels for row in _excesses(both, curve)]
    biggest: dict[str, float] = {}
    for row in rows:
        biggest[row["part"]] = max(biggest.get(row["part"], 0.0), row["share"])
    biggest.pop(charts.WORK, None)
    named = sorted(biggest, key=lambda part: (-biggest[part], part))[:NAMED]
    spec = charts.breakdown(
        counts[-1], list(labels.values()), _parts(named), few, _grouped(rows, labels, named)
    )
    title = "Cycles of an operation, the work of one core apart"
    return Account(Chart("account", title, spec, charts.static(spec, title)), counts, few)


def _parts(named: Sequence[str]) -> list[tuple[str, str]]:
    """Parts of the chart and their colours, in the order in which they are stacked."""
    coloured = zip(named, charts.PARTS, strict=False)
    return [(charts.WORK, WORK_COLOUR), *coloured, (breakdown.OTHER, OTHER_COLOUR)]


def _excesses(both: pl.DataFrame, curve: str) -> list[dict[str, Any]]:
    """Work of the fewest cores, and what each contribution costs beyond it, at every count."""
    table: dict[int, dict[str, float]] = {}
    mine = both.filter(pl.col("curve") == curve).sort("cores")
    for cores, thing, cause, cycles in mine.select("cores", "object", "cause", "cycles").rows():
        table.setdefault(cores, {})[contribution_of(thing, cause)] = cycles
    counts = list(table)
    found = []
    for count in counts:
        total = sum(table[count].values())
        first = table[counts[0]]
        work = sum(min(cycles, first.get(part, 0.0)) for part, cycles in table[count].items())
        over = {part: cycles - first.get(part, 0.0) for part, cycles in table[count].items()}
        for part, cycles in {charts.WORK: work, **over}.items():
            if cycles > 0:
                share = cycles / total
                found.append(
                    {"curve": curve, "cores": count, "part": part, "cycles": cycles, "share": share}
                )
    return found


def _grouped(rows: Rows, labels: dict[str, str], named: Sequence[str]) -> Rows:
    """The same with what has no name of its own added up, in the order of the stack."""
    order = [charts.WORK, *named, breakdown.OTHER]
    summed: dict[tuple[str, int, str], list[float]] = {}
    for row in rows:
        part = row["part"] if row["part"] in order else breakdown.OTHER
        cell = summed.setdefault((row["curve"], row["cores"], part), [0.0, 0.0])
        cell[0] += row["cycles"]
        cell[1] += row["share"]
    return [
        {"curve": labels[curve], "cores": cores, "part": part, "order": order.index(part)}
        | {"cycles": cycles, "share": share}
        for (curve, cores, part), (cycles, share) in summed.items()
    ]


def small(chart: Chart) -> charts.Spec | None:
    """A chart's first axis as a small picture; None of bars."""
    data = chart.spec["datasets"]
    if not chart.series:
        return None
    first = chart.series[0].dash
    kept = [one for one in chart.series if one.shown and one.dash == first]
    names = {one.name for one in kept}
    rows = {name: [row for row in table if row["series"] in names] for name, table in data.items()}
    return charts.thumbnail(kept, rows["simulated"], rows["published"])
