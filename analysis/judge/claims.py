"""Claims: a statement of the paper, a metric over the results, and a verdict.

Verdicts
--------
reproduced : the metric lies within the tolerance of the published value, or meets `expect`
trend only : the tolerance is missed but the claim's `trend` holds
not reproduced : neither, or the 95 % interval of a published difference includes no difference
holds in the model, does not hold in the model : of a statement of the model, which has nothing
    published that it could reproduce
not modelled : the mechanism is outside the model; the experiment says why
not run : the results lack a point that the metric needs (a reduced grid, for example)

A claim about several core counts is as good as the worst of them.

Bases
-----
predicted : published, and no calibration used a point that the metric looks at
partly fitted : a calibration used some of them
fitted : a calibration used all of them
input : the statement is an input of the model, which only passes it on
identity : arithmetic or a definition, which no model could miss
statement of the model : nobody published it, as the claim says or its paper's `judged: statements`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.wording import (
    BASES,
    DOES_NOT_HOLD,
    FITTED,
    GREEN,
    HOLDS,
    IDENTITY,
    INPUT,
    NOT_MODELLED,
    NOT_REPRODUCED,
    NOT_RUN,
    PARTLY_FITTED,
    PREDICTED,
    REPRODUCED,
    STATEMENT,
    TREND_ONLY,
    VERDICTS,
    counted,
    label_of,
    number,
    percent,
)
from sim.experiment.claim import Claim, Expectation
from sim.experiment.evidence import Evidence, NotRunError
from sim.experiment.fields import fields_of
from sim.experiment.metric import Metric, Points, Value

if TYPE_CHECKING:
    from sim.experiment.file import Experiment

ALL_FITTED = "on points used in the calibration"
WORST_LAST = (REPRODUCED, TREND_ONLY, NOT_REPRODUCED)


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
    basis: str = ""
    why: str = ""
    limitation: str = ""

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
            "basis": self.basis,
            "why": self.why,
            "limitation": self.limitation,
        }


def judge(claim: Claim, value: Value) -> str:
    """Verdict of a claim whose metric has this value."""
    if isinstance(value, str) or isinstance(claim.published, str):
        return REPRODUCED if value == claim.published else NOT_REPRODUCED
    met = claim.published is not None or claim.expect is not None
    if claim.published is not None:
        met = abs(value - claim.published) <= claim.allowed * (1 + 1e-12)
    if claim.expect is not None:
        met = met and claim.expect.holds(value)
    if met:
        return REPRODUCED
    return TREND_ONLY if claim.trend is not None and claim.trend.holds(value) else NOT_REPRODUCED


def evaluate(
    claim: Claim,
    evidence: Evidence,
    stated: bool = False,
    labels: Mapping[str, str] | None = None,
) -> Verdict:
    """Evaluate one claim; a metric whose points are missing gives "not run".

    Parameters
    ----------
    stated : whether all claims of its paper are statements of the model
    labels : curve id -> what a reader calls it
    """
    value: Value | None = None
    used, kind = basis(claim.metrics, evidence), ""
    verdict, reason = NOT_MODELLED, claim.not_modelled
    if not claim.not_modelled:
        try:
            value, verdict, reason = measured(claim, evidence)
        except NotRunError as missing:
            verdict, reason = NOT_RUN, str(missing)
    if value is not None:
        kind = kind_of_basis(claim, used, stated)
        if kind == STATEMENT:
            verdict = HOLDS if verdict == REPRODUCED else DOES_NOT_HOLD
    failed = value is not None and verdict not in GREEN
    return Verdict(
        claim.id,
        claim.statement,
        claim.section,
        described(claim, labels or {}),
        value,
        claim.published,
        criterion(claim),
        verdict,
        "; ".join(part for part in (reason, marked(claim), used) if part),
        kind,
        claim.why if failed else "",
        claim.limitation if failed else "",
    )


def measured(claim: Claim, evidence: Evidence) -> tuple[Value, str, str]:
    """Value, verdict and reason of a claim at the core count where it does worst.

    Raises
    ------
    NotRunError : a point that it needs was not simulated
    """
    found: list[tuple[Value, str, str]] = []
    for metric in claim.metrics:
        raw = metric.measured(evidence)
        value: Value = str(raw) if metric.gives_a_name else float(raw)
        verdict, reason = judge(claim, value), ""
        if verdict != NOT_REPRODUCED and (unsure := cannot_tell(claim, metric, evidence)):
            verdict, reason = NOT_REPRODUCED, unsure
        if metric is not claim.metric and verdict != REPRODUCED:
            reason = f"at {counted(getattr(metric, 'cores', 0))}"
        found.append((value, verdict, reason))
    return max(found, key=lambda one: (WORST_LAST.index(one[1]), missed_by(claim, one[0])))


def missed_by(claim: Claim, value: Value) -> float:
    """How far a value lies outside the claim's range; 0 inside, and without a range."""
    if claim.expect is None or isinstance(value, str):
        return 0.0
    above, below = claim.expect.above, claim.expect.below
    return max(
        0.0,
        0.0 if above is None else above - value,
        0.0 if below is None else value - below,
    )


def cannot_tell(claim: Claim, metric: Metric, evidence: Evidence) -> str:
    """Say that replications cannot tell a published difference from none; empty if they can."""
    if metric.no_difference is None or claim.alike or not isinstance(claim.published, float):
        return ""
    found = metric.interval(evidence)
    if found is None or not found.holds(metric.no_difference):
        return ""
    return (
        f"its 95 % interval, {number(found.low)} to {number(found.high)}, "
        f"includes {number(metric.no_difference)}, no difference"
    )


def described(claim: Claim, labels: Mapping[str, str]) -> str:
    """The metric in words, curves and objects by their labels, and where else it has to hold."""
    if claim.metric is None:
        return ""
    others = f", and at {', '.join(map(str, claim.also_at))}" if claim.also_at else ""
    return as_read(claim.metric, labels).describe() + others


def names_of_curves(experiment: Experiment) -> dict[str, str]:
    """Curve id -> its label, with its group where others have the same; else the id."""
    labels = [curve.label for curve in experiment.curves]
    whole = {
        curve.id: curve.label
        if labels.count(curve.label) == 1
        else ", ".join(part for part in (curve.label, curve.group) if part)
        for curve in experiment.curves
    }
    every = list(whole.values())
    return {curve: name if every.count(name) == 1 else curve for curve, name in whole.items()}


def as_read(metric: Metric, labels: Mapping[str, str]) -> Metric:
    """A metric whose fields hold what a reader calls curves and objects, in place of their ids."""
    named = {
        field: labels.get(value, value)
        for field, names in fields_of(type(metric))
        if names.thing == "curve" and isinstance(value := getattr(metric, field), str)
    }
    thing = getattr(metric, "object", None)
    return metric.model_copy(update=named | ({"object": label_of(thing)} if thing else {}))


def marked(claim: Claim) -> str:
    """What the claim itself says of its worth."""
    if claim.input:
        return f"an input: {claim.input}"
    if claim.identity:
        return f"an identity: {claim.identity}"
    return f"published nowhere: {claim.unpublished}" if claim.unpublished else ""


def kind_of_basis(claim: Claim, used: str, stated: bool = False) -> str:
    """Name the basis of a claim that has a value; `used` is what `basis` says."""
    if claim.input:
        return INPUT
    if claim.identity:
        return IDENTITY
    if claim.unpublished or stated:
        return STATEMENT
    if not used:
        return PREDICTED
    return FITTED if used == ALL_FITTED else PARTLY_FITTED


def basis(metrics: Iterable[Metric], evidence: Evidence) -> str:
    """Whether the points that metrics look at were used in a calibration; empty if none was."""
    used: Points = set().union(*(metric.points(evidence) for metric in metrics))
    fitted = used & evidence.fitted
    if not fitted:
        return ""
    if fitted == used:
        return ALL_FITTED
    return f"{len(fitted)} of {len(used)} points used in the calibration"


def criterion(claim: Claim) -> str:
    """What was asked of the metric, fixed before the run."""
    parts = []
    if isinstance(claim.published, str):
        parts.append(f"is {label_of(claim.published)}")
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


def count(verdicts: Mapping[str, list[Verdict]] | list[Verdict]) -> dict[str, int]:
    """How many claims have each verdict."""
    flat = (
        verdicts
        if isinstance(verdicts, list)
        else [v for group in verdicts.values() for v in group]
    )
    return {name: sum(v.verdict == name for v in flat) for name in VERDICTS}


__all__ = [
    "BASES",
    "DOES_NOT_HOLD",
    "FITTED",
    "HOLDS",
    "IDENTITY",
    "INPUT",
    "NOT_MODELLED",
    "NOT_REPRODUCED",
    "NOT_RUN",
    "PARTLY_FITTED",
    "PREDICTED",
    "REPRODUCED",
    "STATEMENT",
    "TREND_ONLY",
    "VERDICTS",
    "Verdict",
    "basis",
    "count",
    "criterion",
    "evaluate",
    "judge",
    "kind_of_basis",
]
