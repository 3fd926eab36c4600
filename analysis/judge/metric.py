"""Metrics of claims: a number or a name read off the results, and the metric in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from analysis.judge import errors, fit
from analysis.read import breakdown, tidy, toggles, what_if
from analysis.wording import counted, name_of
from sim.config.errors import show
from sim.experiment.file import (
    DifferenceOfPoints,
    Fitted,
    Freed,
    Gain,
    Growth,
    PeakCores,
    Point,
    RatioOfPoints,
    SeriesError,
    Share,
    TopCause,
)
from sim.experiment.variation import BASE, Variation

Value = float | str
Metric = (
    Point
    | RatioOfPoints
    | DifferenceOfPoints
    | SeriesError
    | PeakCores
    | TopCause
    | Share
    | Gain
    | Freed
    | Growth
    | Fitted
)


NOTHING = "nothing"
"""What is named where no object has the share that a claim asks for."""


class NotRunError(Exception):
    """The results lack what a metric needs; the text says what."""


@dataclass(frozen=True)
class Evidence:
    """What metrics are evaluated over.

    points : one row per replication (`tidy.read_points`)
    shares : `breakdown.shares`
    errors : points of all measures (`errors.compare_series`), concatenated
    published : (measure, curve) -> core counts published and not left out: an error claim is about
        all of them
    fitted : (curve, cores) of the points that some measure marks as used in a calibration
    """

    points: pl.DataFrame
    shares: pl.DataFrame
    errors: pl.DataFrame
    published: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    fitted: frozenset[tuple[str, int]] = frozenset()


def measured(metric: Metric, evidence: Evidence) -> Value:
    """Value of a metric over the results.

    Raises
    ------
    NotRunError : a point that the metric needs was not simulated
    """
    match metric:
        case Point():
            return _mean(evidence, metric.curve, metric.column, metric.cores, metric.at)
        case RatioOfPoints():
            over = metric.over_curve or metric.curve
            below = _mean(evidence, over, metric.column, metric.over_cores, metric.at)
            if below == 0:
                raise NotRunError(f"{metric.column} of {over} is 0 at {metric.over_cores} cores")
            above = _mean(evidence, metric.curve, metric.column, metric.cores, metric.at)
            return above / below
        case DifferenceOfPoints():
            over = metric.over_curve or metric.curve
            above = _mean(evidence, metric.curve, metric.column, metric.cores)
            return above - _mean(evidence, over, metric.column, metric.over_cores)
        case SeriesError():
            return _series_error(metric, evidence)
        case PeakCores():
            return _peak(metric, evidence.points)
        case TopCause():
            return _top(metric, evidence.shares)
        case Share():
            return _share(metric, evidence.shares)
        case Gain():
            return _gain(metric, evidence.points)
        case Freed():
            return _freed(metric, evidence.points)
        case Growth():
            return _growth(metric, evidence.shares)
        case Fitted():
            return _fitted(metric, evidence.points)


def _mean(
    evidence: Evidence,
    curve: str,
    column: str,
    cores: int,
    at: Mapping[str, object] | None = None,
) -> float:
    """Mean over replications, on whatever machine has so many cores, at values of other axes."""
    if column not in evidence.points.columns:
        raise NotRunError(f"the results have no column {column}")
    rows = evidence.points.filter((pl.col("curve") == curve) & (pl.col("cores") == cores))
    found = [
        part
        for _, part in rows.group_by(tidy.VARIATION, maintain_order=True)
        if _is_at(tidy.variation_of(part.row(0, named=True)), at or {})
    ]
    if not found:
        words = {key: show(value).strip("'") for key, value in (at or {}).items()}
        where = "".join(f", {key}={word}" for key, word in words.items())
        raise NotRunError(f"{curve} was not simulated at {cores} cores{where}")
    plain = [part for part in found if part["variant_kind"][0] == BASE.kind]
    chosen = plain[0] if plain else min(found, key=lambda part: str(part["variant"][0]))
    values = [float(v) for v in chosen[column].to_list()]
    return sum(values) / len(values)


def _is_at(variation: Variation, at: Mapping[str, object]) -> bool:
    """Whether a run is the point of the axes at these values, on whatever machine."""
    found = {key: value for key, value in variation.changes.items() if key != "hardware"}
    return (
        variation.is_point_of_axes
        and found.keys() == at.keys()
        and all(_same(found[key], value) for key, value in at.items())
    )


def _same(one: object, other: object) -> bool:
    """Whether two settings are equal: 4 is 4.0, but 1 is not true."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _series_error(metric: SeriesError, evidence: Evidence) -> float:
    """Mean or largest absolute error as a fraction of the published values."""
    points = evidence.errors
    mine = points.filter((pl.col("measure") == metric.measure) & (pl.col("curve") == metric.curve))
    if metric.cores is None:
        mine = mine.filter(~pl.col("left_out"))
        wanted = evidence.published.get((metric.measure, metric.curve), set())
        missing = sorted(wanted - set(mine["cores"].to_list()))
        if missing:
            raise NotRunError(f"{metric.curve} was not simulated at cores {missing}")
    else:
        missing = sorted(set(metric.cores) - set(mine["cores"].to_list()))
        if missing:
            raise NotRunError(
                f"{metric.curve} has no simulated and published point at cores {missing}"
            )
        mine = mine.filter(pl.col("cores").is_in(list(metric.cores)))
    if mine.is_empty():
        raise NotRunError(f"{metric.curve} shares no point with the published series")
    statistics = errors.statistics(mine)
    value = statistics[f"{metric.statistic}_absolute_percent"]
    assert value is not None
    return float(value) / 100.0


def _peak(metric: PeakCores, points: pl.DataFrame) -> float:
    if metric.column not in points.columns:
        raise NotRunError(f"the results have no column {metric.column}")
    summary = tidy.base(tidy.summarise(points, metric.column))
    mine = summary.filter(pl.col("curve") == metric.curve).sort(
        ["mean", "cores"], descending=[True, False]
    )
    if mine.is_empty():
        raise NotRunError(f"{metric.curve} was not simulated")
    return float(mine["cores"][0])


def _account_of(shares: pl.DataFrame, curve: str, cores: int) -> pl.DataFrame:
    mine = shares.filter((pl.col("curve") == curve) & (pl.col("cores") == cores))
    if mine.is_empty():
        raise NotRunError(f"no account of {curve} at {cores} cores")
    return mine


def _top(metric: TopCause, shares: pl.DataFrame) -> str:
    mine = _account_of(shares, metric.curve, metric.cores)
    for column, wanted in (("mode", metric.mode), ("cause", metric.cause)):
        if wanted is not None:
            mine = mine.filter(pl.col(column) == wanted)
    ranked = (
        mine.group_by("object")
        .agg(pl.col("share").sum())
        .sort(["share", "object"], descending=[True, False])
    )
    if ranked.is_empty():
        raise NotRunError(f"{metric.curve} charges no such cycles at {metric.cores} cores")
    return str(ranked["object"][0]) if ranked["share"][0] >= metric.at_least else NOTHING


def _share(metric: Share, shares: pl.DataFrame) -> float:
    mine = _account_of(shares, metric.curve, metric.cores)
    for column, wanted in (
        ("object", metric.object),
        ("cause", metric.cause),
        ("mode", metric.mode),
    ):
        if wanted is not None:
            mine = mine.filter(pl.col(column) == wanted)
    return float(mine["share"].sum())


def _gain(metric: Gain, points: pl.DataFrame) -> float:
    found = toggles.table(points).filter(
        (pl.col("curve") == metric.curve)
        & (pl.col("toggle") == metric.toggle)
        & (pl.col("cores") == metric.cores)
    )
    if found.is_empty():
        raise NotRunError(f"{metric.curve} was not run with {metric.toggle} flipped")
    return float(found["gain"][0])


def _freed(metric: Freed, points: pl.DataFrame) -> float:
    found = what_if.table(points).filter(
        (pl.col("curve") == metric.curve)
        & (pl.col("object") == metric.object)
        & (pl.col("cores") == metric.cores)
    )
    if found.is_empty():
        raise NotRunError(
            f"{metric.curve} was not run at {counted(metric.cores)} with {metric.object} freed"
        )
    return float(found["gain"][0])


def _growth(metric: Growth, shares: pl.DataFrame) -> str:
    few = _account_of(shares, metric.curve, metric.over_cores)
    many = _account_of(shares, metric.curve, metric.cores)
    grown = breakdown.growth(few, many, metric.mode)
    if grown.is_empty():
        raise NotRunError(f"nothing of {metric.curve} grows")
    return str(grown["object"][0])


def _fitted(metric: Fitted, points: pl.DataFrame) -> float:
    found = fit.of_curve(fit.throughput_of(points, metric.curve), metric.law)
    if found is None:
        raise NotRunError(f"{metric.curve} has too few core counts for a fit")
    match metric.parameter:
        case "serial":
            return found.serial[0]
        case "crosstalk":
            return found.crosstalk[0]
        case "limit":
            return found.limit
        case "peak_cores":
            return found.peak_cores


def describe(metric: Metric) -> str:
    """A metric in words."""
    match metric:
        case Point():
            return f"{name_of(metric.column)} of {name_of(metric.curve)} at {counted(metric.cores)}"
        case RatioOfPoints():
            over = metric.over_curve or metric.curve
            return (
                f"{name_of(metric.column)} of {name_of(metric.curve)} at "
                f"{counted(metric.cores)} over {name_of(over)} at {metric.over_cores}"
            )
        case DifferenceOfPoints():
            over = metric.over_curve or metric.curve
            return (
                f"{name_of(metric.column)} of {name_of(metric.curve)} at "
                f"{counted(metric.cores)} less {name_of(over)} at {metric.over_cores}"
            )
        case SeriesError():
            where = f" at cores {', '.join(map(str, metric.cores))}" if metric.cores else ""
            what = f"{name_of(metric.measure)}, {name_of(metric.curve)}"
            return f"{metric.statistic} absolute error of {what}{where}"
        case PeakCores():
            return (
                f"core count with the highest {name_of(metric.column)} of {name_of(metric.curve)}"
            )
        case TopCause():
            kinds = [kind for kind in (metric.mode, metric.cause) if kind is not None]
            among = f" in {name_of(' '.join(kinds))}" if kinds else ""
            whose = f"{name_of(metric.curve)} at {counted(metric.cores)}"
            return f"object with most cycles{among}, {whose}"
        case Share():
            parts = [
                part for part in (metric.mode, metric.object, metric.cause) if part is not None
            ]
            whose = f"{name_of(metric.curve)}'s cycles at {counted(metric.cores)}"
            return f"share of {name_of(': '.join(parts))} in {whose}"
        case Gain():
            whose = f"{name_of(metric.curve)} at {counted(metric.cores)}"
            return f"gain in throughput from flipping {metric.toggle}, {whose}"
        case Freed():
            whose = f"{name_of(metric.curve)} at {counted(metric.cores)}"
            return f"gain in throughput if {name_of(metric.object)} cost nothing, {whose}"
        case Growth():
            among = f" in {metric.mode} mode" if metric.mode else ""
            return (
                f"object whose cycles grow most{among} from {metric.over_cores} to "
                f"{counted(metric.cores)}, {name_of(metric.curve)}"
            )
        case Fitted():
            return f"{metric.parameter} of {metric.law} fitted to {name_of(metric.curve)}"
