"""A claim of an experiment's file: a statement, a metric, and what has to be found.

What a claim is worth follows from four marks, at most one of which it carries, and from the points
that calibrations used (`analysis/judge/claims.py`):

    input: why         the model was given the number, and passes it on
    identity: why      arithmetic or a definition: no model could miss it
    unpublished: why   nobody published it: the model's own statement, which holds in it or does not
    (none)             published: a prediction, unless a calibration used points that it looks at

A claim that compares two values, with a published number, is checked when it is read: it may not
pass where its two values are alike. So its tolerance is smaller than the effect, and its trend, if
it has one, asks for the effect's direction. A claim that the two *are* alike says so (`alike`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.experiment.fields import CoreCount, Name, Number, Text
from sim.experiment.kinds import METRICS, AnyMetric
from sim.experiment.metric import Metric
from sim.settings import Settings

Line = Annotated[str, Field(max_length=400, pattern=r"^[^\n]*$")]


class Expectation(Settings):
    """Bounds on a value; one or both."""

    above: Number | None = None
    below: Number | None = None

    @model_validator(mode="after")
    def _bounds_something(self) -> Expectation:
        if self.above is None and self.below is None:
            raise ValueError("needs above, below or both")
        return self

    def holds(self, value: float) -> bool:
        """Whether `value` lies strictly inside the bounds."""
        return (self.above is None or value > self.above) and (
            self.below is None or value < self.below
        )


class Claim(Settings):
    """A statement of the paper, as a metric with a published value or an expected range.

    The tolerance is fixed before running. A claim that the model leaves out says why in
    `not_modelled` and has no metric.
    """

    id: Name
    statement: Text = Field(description="the statement, in the paper's words")
    section: str = Field(default="", description="section of the paper")
    metric: AnyMetric | None = None
    also_at: list[CoreCount] = Field(
        default_factory=list,
        description="further core counts that the statement covers: the range holds at each",
    )
    published: Number | Text | None = Field(default=None, description="published value")
    expect: Expectation | None = Field(default=None, description="bounds, where no value is given")
    tolerance: Annotated[float, Field(ge=0, le=1e12)] | None = Field(
        default=None, description="allowed distance from the published value"
    )
    tolerance_kind: Literal["relative", "absolute"] = "relative"
    trend: Expectation | None = Field(
        default=None, description="bounds that earn 'trend only' when the tolerance is missed"
    )
    alike: bool = Field(
        default=False, description="whether it says that two values are alike, not how they differ"
    )
    input: Line = Field(
        default="", description="what makes the value an input of the model, not a prediction"
    )
    identity: Line = Field(
        default="", description="what makes it arithmetic or a definition, which cannot fail"
    )
    unpublished: Line = Field(
        default="", description="what nobody published: the model's own statement"
    )
    not_modelled: str = Field(default="", description="why the model leaves the claim out")
    why: Line = Field(default="", description="why it fails, where it does, in one line")
    limitation: Line = Field(
        default="", description="section of docs/limitations.md that says more, by its heading"
    )

    @property
    def allowed(self) -> float:
        """Allowed distance from a published number, in its unit."""
        allowed = self.tolerance or 0.0
        if self.tolerance_kind == "relative" and isinstance(self.published, float):
            allowed *= abs(self.published)
        return allowed

    @property
    def metrics(self) -> Iterator[Metric]:
        """The metric at its own core count, and at each other that the statement covers."""
        if self.metric is not None:
            yield self.metric
            yield from (self.metric.at_cores(cores) for cores in self.also_at)

    @model_validator(mode="after")
    def _can_be_judged(self) -> Claim:
        problem = None
        if self.metric is None:
            if not self.not_modelled:
                problem = "needs a metric, or not_modelled with the reason"
        elif (self.published is None) == (self.expect is None):
            problem = "needs a published value or an expect range, and not both"
        elif isinstance(self.published, str) != (self.metric.gives_a_name and self.expect is None):
            names = " or ".join(kind for kind, metric in METRICS.items() if metric.gives_a_name)
            problem = f"a {names} is compared with a name, everything else with a number"
        elif isinstance(self.published, float) and self.tolerance is None:
            problem = "a published number needs a tolerance"
        elif self.also_at and (self.expect is None or not self.metric.is_at_one_count):
            problem = "also_at: only a range of a metric at one core count can cover others"
        if problem:
            raise ValueError(f"claim {self.id}: {problem}")
        return self

    @model_validator(mode="after")
    def _carries_at_most_one_mark(self) -> Claim:
        marks = [mark for mark in ("input", "identity", "unpublished") if getattr(self, mark)]
        if len(marks) > 1:
            raise ValueError(f"claim {self.id}: {' and '.join(marks)}: it is one of these")
        if marks and self.metric is None:
            raise ValueError(f"claim {self.id}: {marks[0]}: it has no metric")
        if self.unpublished and isinstance(self.published, float):
            raise ValueError(f"claim {self.id}: unpublished, and yet a published number")
        if self.limitation and not self.why:
            raise ValueError(f"claim {self.id}: limitation: needs why, in one line")
        return self

    @model_validator(mode="after")
    def _cannot_pass_without_its_effect(self) -> Claim:
        neutral = None if self.metric is None else self.metric.no_difference
        if self.alike and (neutral is None or not isinstance(self.published, float)):
            raise ValueError(f"claim {self.id}: alike: only a published comparison can be")
        if neutral is None or self.alike or not isinstance(self.published, float):
            return self
        effect = self.published - neutral
        if self.allowed >= abs(effect):
            raise ValueError(
                f"claim {self.id}: tolerance: it allows {self.allowed:.3g}, and the effect claimed "
                f"is {effect:.3g}; a claim that there is none says alike: true"
            )
        if self.trend is not None and self.trend.holds(neutral):
            raise ValueError(
                f"claim {self.id}: trend: {neutral:g}, which is no difference, would pass"
            )
        return self


__all__ = ["Claim", "Expectation"]
