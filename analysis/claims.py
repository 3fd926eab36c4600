"""Claims: a statement of the paper, a metric over the results, and a verdict.

Verdicts
--------
reproduced : the metric lies within the tolerance of the published value, or meets `expect`
trend only : the tolerance is missed but the claim's `trend` holds
not reproduced : neither
not modelled : the mechanism is outside the model; the experiment says why
not run : the results lack a point that the metric needs (a reduced grid, for example)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from analysis import errors, tidy
from analysis.wording import counted, name_of, number, percent
from sim.config.experiment import (
    Claim,
    Expectation,
    PeakCores,
    Point,
    RatioOfPoints,
    SeriesError,
    Share,
    TopCause,
)

REPRODUCED = "reproduced"
TREND_ONLY = "trend only"
NOT_REPRODUCED = "not reproduced"
NOT_MODELLED = "not modelled"
NOT_RUN = "not run"
VERDICTS = (REPRODUCED, TREND_ONLY, NOT_REPRODUCED, NOT_MODELLED, NOT_RUN)

Value = float | str
Metric = Point | RatioOfPoints | SeriesError | PeakCores | TopCause | Share


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


@dataclass(frozen=True)
class Verdict:
    """One row of the verdict table."""

    id: str
    statement: str
    section: str
    metric: str
    value: Value | None
    published: Value | None
    criterion: str
    verdict: str
    reason: str

    def row(self) -> dict[str, str]:
        """The verdict as text cells, numbers in full precision."""
        return {
            "claim": self.id,
            "statement": self.statement,
            "section": self.section,
            "metric": self.metric,
            "value": "" if self.value is None else str(self.value),
            "published": "" if self.published is None else str(self.published),
            "criterion": self.criterion,
            "verdict": self.verdict,
            "reason": self.reason,
        }


def measured(metric: Metric, evidence: Evidence) -> Value:
    """Value of a metric over the results.

    Raises
    ------
    NotRunError : a point that the metric needs was not simulated
    """
    match metric:
        case Point():
            return _mean(evidence, metric.curve, metric.column, metric.cores)
        case RatioOfPoints():
            over = metric.over_curve or metric.curve
            below = _mean(evidence, over, metric.column, metric.over_cores)
            if below == 0:
                raise NotRunError(f"{metric.column} of {over} is 0 at {metric.over_cores} cores")
            return _mean(evidence, metric.curve, metric.column, metric.cores) / below
        case SeriesError():
            return _series_error(metric, evidence)
        case PeakCores():
            return _peak(metric, evidence.points)
        case TopCause():
            return _top(metric, evidence.shares)
        case Share():
            return _share(metric, evidence.shares)


def _mean(evidence: Evidence, curve: str, column: str, cores: int) -> float:
    if column not in evidence.points.columns:
        raise NotRunError(f"the results have no column {column}")
    rows = evidence.points.filter(
        (pl.col("curve") == curve) & (pl.col("cores") == cores) & (pl.col("variant") == tidy.BASE)
    )
    if rows.is_empty():
        raise NotRunError(f"{curve} was not simulated at {cores} cores")
    values = [float(value) for value in rows[column].to_list()]
    return sum(values) / len(values)


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
    return str(ranked["object"][0])


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


def judge(claim: Claim, value: Value) -> str:
    """Verdict of a claim whose metric has this value."""
    if isinstance(value, str) or isinstance(claim.published, str):
        return REPRODUCED if value == claim.published else NOT_REPRODUCED
    met = claim.published is not None or claim.expect is not None
    if claim.published is not None:
        distance = abs(value - claim.published)
        allowed = claim.tolerance or 0.0
        if claim.tolerance_kind == "relative":
            allowed *= abs(claim.published)
        met = distance <= allowed * (1 + 1e-12)
    if claim.expect is not None:
        met = met and claim.expect.holds(value)
    if met:
        return REPRODUCED
    return TREND_ONLY if claim.trend is not None and claim.trend.holds(value) else NOT_REPRODUCED


def evaluate(claim: Claim, evidence: Evidence) -> Verdict:
    """Evaluate one claim; a metric whose points are missing gives "not run"."""
    value: Value | None = None
    reason, verdict = "", NOT_MODELLED
    if claim.not_modelled:
        reason = claim.not_modelled
    else:
        assert claim.metric is not None
        try:
            value = measured(claim.metric, evidence)
            verdict = judge(claim, value)
        except NotRunError as missing:
            verdict, reason = NOT_RUN, str(missing)
    return Verdict(
        claim.id,
        claim.statement,
        claim.section,
        "" if claim.metric is None else describe(claim.metric),
        value,
        claim.published,
        criterion(claim),
        verdict,
        "; ".join(part for part in (reason, basis(claim.metric, evidence)) if part),
    )


def basis(metric: Metric | None, evidence: Evidence) -> str:
    """Whether the points that a metric looks at were used in a calibration; empty if none was."""
    used: set[tuple[str, int]]
    match metric:
        case Point() | TopCause() | Share():
            used = {(metric.curve, metric.cores)}
        case RatioOfPoints():
            over = metric.over_curve or metric.curve
            used = {(metric.curve, metric.cores), (over, metric.over_cores)}
        case SeriesError():
            whole = evidence.published.get((metric.measure, metric.curve), set())
            used = {(metric.curve, count) for count in metric.cores or sorted(whole)}
        case _:
            return ""
    fitted = used & evidence.fitted
    if not fitted:
        return ""
    if fitted == used:
        return "on points used in the calibration"
    return f"{len(fitted)} of {len(used)} points used in the calibration"


def criterion(claim: Claim) -> str:
    """What was asked of the metric, fixed before the run."""
    parts = []
    if isinstance(claim.published, str):
        parts.append(f"is {name_of(claim.published)}")
    elif claim.published is not None:
        allowed = claim.tolerance or 0.0
        relative = claim.tolerance_kind == "relative"
        parts.append(f"within {percent(100 * allowed, 0) if relative else number(allowed)}")
    if claim.expect is not None:
        parts.append(_bounds(claim.expect))
    if claim.trend is not None:
        parts.append(f"trend: {_bounds(claim.trend)}")
    return "; ".join(parts)


def _bounds(bounds: Expectation) -> str:
    parts = []
    if bounds.above is not None:
        parts.append(f"above {number(bounds.above)}")
    if bounds.below is not None:
        parts.append(f"below {number(bounds.below)}")
    return " and ".join(parts)


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


def count(verdicts: Mapping[str, list[Verdict]] | list[Verdict]) -> dict[str, int]:
    """How many claims have each verdict."""
    flat = (
        verdicts
        if isinstance(verdicts, list)
        else [v for group in verdicts.values() for v in group]
    )
    return {name: sum(v.verdict == name for v in flat) for name in VERDICTS}
