"""Claims: a statement of the paper, a metric over the results, and a verdict.

Verdicts
--------
reproduced : the metric lies within the tolerance of the published value, or meets `expect`
trend only : the tolerance is missed but the claim's `trend` holds
not reproduced : neither
not modelled : the mechanism is outside the model; the experiment says why
not run : the results lack a point that the metric needs (a reduced grid, for example)

Bases
-----
prediction : no calibration used a point that the metric looks at
partly fitted : a calibration used some of them
fitted : a calibration used all of them
input : the statement is an input of the model, which only passes it on
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.wording import (
    NOT_MODELLED,
    NOT_REPRODUCED,
    NOT_RUN,
    REPRODUCED,
    TREND_ONLY,
    VERDICTS,
    name_of,
    number,
    percent,
)
from sim.experiment.evidence import Evidence, NotRunError
from sim.experiment.file import Claim, Expectation
from sim.experiment.metric import Metric, Value

PREDICTION, PARTLY, FITTED, INPUT = "prediction", "partly fitted", "fitted", "input"
BASES = (PREDICTION, PARTLY, FITTED, INPUT)
ALL_FITTED = "on points used in the calibration"


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
        }


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
    inputs = f"an input: {claim.input}" if claim.input else ""
    reason, verdict = "", NOT_MODELLED
    used = basis(claim.metric, evidence)
    if claim.not_modelled:
        reason = claim.not_modelled
    else:
        assert claim.metric is not None
        try:
            found = claim.metric.measured(evidence)
            value = str(found) if claim.metric.gives_a_name else float(found)
            verdict = judge(claim, value)
        except NotRunError as missing:
            verdict, reason = NOT_RUN, str(missing)
    return Verdict(
        claim.id,
        claim.statement,
        claim.section,
        "" if claim.metric is None else claim.metric.describe(),
        value,
        claim.published,
        criterion(claim),
        verdict,
        "; ".join(part for part in (reason, inputs, used) if part),
        "" if value is None else kind_of_basis(claim, used),
    )


def kind_of_basis(claim: Claim, used: str) -> str:
    """Name the basis of a claim that has a value; `used` is what `basis` says."""
    if claim.input:
        return INPUT
    if not used:
        return PREDICTION
    return FITTED if used == ALL_FITTED else PARTLY


def basis(metric: Metric | None, evidence: Evidence) -> str:
    """Whether the points that a metric looks at were used in a calibration; empty if none was."""
    if metric is None:
        return ""
    used = metric.points(evidence)
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
    "FITTED",
    "INPUT",
    "NOT_MODELLED",
    "NOT_REPRODUCED",
    "NOT_RUN",
    "PARTLY",
    "PREDICTION",
    "REPRODUCED",
    "TREND_ONLY",
    "VERDICTS",
    "Verdict",
    "basis",
    "count",
    "criterion",
    "evaluate",
    "judge",
]
