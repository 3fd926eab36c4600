"""The metric of a claim: settings in the experiment's file, and what they read off the results.

A kind of metric is a class in a file of its own, with its fields, its check at load and the way it
is computed (`sim/experiment/registry.py`). Fields say what they name (`sim.experiment.fields`).
What it is computed over is handed to it (`sim/experiment/evidence.py`).

    metric: {kind: point, ...}  -->  Point  --measured(evidence)-->  a number, or a name
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sim.experiment.evidence import Evidence
from sim.experiment.fields import curves_meant, fields_of, words_of
from sim.experiment.registry import enter
from sim.settings import Settings
from sim.statistics import Interval

if TYPE_CHECKING:
    from sim.experiment.file import Experiment

Value = float | str
Points = set[tuple[str, int]]
"""Points of curves: (curve, cores)."""


class Metric(Settings):
    """Base of every kind of metric.

    Attributes:
        gives_a_name: whether it gives a name, which a claim compares with another, or a number.
        no_difference: what it gives where the two values that it compares are alike; None where it
            compares none.
    """

    gives_a_name: ClassVar[bool] = False
    no_difference: ClassVar[float | None] = None

    kind: str

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Enter the class into the list, under its kind."""
        super().__pydantic_init_subclass__(**options)
        enter(METRICS, "metric", cls)

    def check(self, experiment: Experiment, where: str) -> None:
        """Check at load what the fields do not say of themselves.

        Args:
            experiment: whose claim it is of; its claims are not checked yet.
            where: the claim, for messages.

        Raises:
            ValueError: something does not fit; the text says where and what.
        """

    @abstractmethod
    def measured(self, evidence: Evidence) -> Value:
        """Value of the metric over the results.

        Raises:
            NotRunError: a point that it needs was not simulated.
        """

    def interval(self, evidence: Evidence) -> Interval | None:
        """Value with its 95 % interval; None where a metric has none.

        A metric with a value for no difference has one.

        Raises:
            NotRunError: a point that it needs was not simulated.
        """
        return None

    @abstractmethod
    def describe(self) -> str:
        """The metric in words."""

    @property
    def is_at_one_count(self) -> bool:
        """Whether it looks at one core count of its own, which `at_cores` can change."""
        return isinstance(getattr(self, "cores", None), int)

    def at_cores(self, cores: int) -> Self:
        """Return the same metric at another core count; of two curves at one count, both move.

        Raises:
            ValueError: it does not look at one core count.
        """
        own = getattr(self, "cores", None)
        if not isinstance(own, int):
            raise ValueError(f"a {self.kind} is not at one core count")
        both = getattr(self, "over_cores", None) == own
        return self.model_copy(update={"cores": cores} | ({"over_cores": cores} if both else {}))

    def points(self, evidence: Evidence) -> Points:
        """Points that it looks at: a claim on points that a calibration used is no prediction.

        They follow from the fields that name core counts; a metric without one looks at whole
        curves, and of them the fitted points count.
        """
        marked = fields_of(type(self))
        found = {
            (curve, cores)
            for field, names in marked
            if names.thing == "cores"
            for curve in curves_meant(self, names)
            for cores in words_of(self, (field,))
        }
        if any(names.thing == "cores" for _, names in marked):
            return found
        fields = tuple(field for field, names in marked if names.thing == "curve")
        curves = [curve for field in fields for curve in words_of(self, (field,))]
        return {point for point in evidence.fitted if point[0] in curves}


METRICS: dict[str, type[Metric]] = {}
"""Every kind of metric, by the word that chooses it."""
