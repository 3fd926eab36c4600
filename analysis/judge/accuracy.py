"""How exactly published numbers were read: `reference/accuracy.csv`, in words.

Columns: file (under `reference/`), how, accuracy, unit; accuracy and unit are empty where no one
stated any, and a user's own file need not be listed. An accuracy is either one of the value's own
unit or a percentage of the axis's height.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.read.reference import ReferenceError
from analysis.wording import number
from sim.config.errors import ConfigError
from sim.experiment import references
from sim.experiment.references import Roots

OF_HEIGHT = "% of the axis's height"
DRAWN = "vector paths of the figure"


@dataclass(frozen=True)
class Accuracy:
    """How the numbers of one file were read, and to what; None where that is not stated."""

    how: str
    value: float | None
    unit: str | None

    @property
    def exact(self) -> bool:
        """Whether the numbers were copied as digits, not read from a drawing."""
        return self.how != DRAWN

    def error_of(self, values: Sequence[float]) -> float:
        """Error in the unit of these values; 0 where none is stated."""
        height = max((abs(value) for value in values), default=0.0)
        share = height / 100 if self.unit == OF_HEIGHT else 1.0
        return (self.value or 0.0) * share

    def percent_of(self, values: Sequence[float]) -> tuple[float, float] | None:
        """Smallest and largest error in percent of these values; None where it is not stated.

        The largest value stands for the height of the axis, which reaches at least as far.
        """
        positive = [abs(value) for value in values if value]
        if self.value is None or not positive:
            return None
        error = self.value
        if self.unit == OF_HEIGHT:
            error *= max(positive) / 100
        return 100 * error / max(positive), 100 * error / min(positive)


def of_file(name: str, root: Roots = None) -> Accuracy | None:
    """Look up one file under `reference/`; None where `accuracy.csv` does not list it.

    Raises
    ------
    ReferenceError : the list cannot be read
    """
    try:
        found = references.accuracies(root)
    except ConfigError as error:
        raise ReferenceError(str(error)) from None
    return Accuracy(*found[name]) if name in found else None


def sentence(name: str, values: Sequence[float] = (), root: Roots = None) -> str:
    """Say how exactly the published numbers of a file are known, for a reader of errors."""
    found = of_file(name, root)
    if found is None:
        return (
            "Published numbers: how exactly they are known is not stated: "
            f"reference/{references.ACCURACY} does not list {name}."
        )
    text = f"Published numbers: {found.how}"
    if found.value is None:
        return f"{text}{'' if found.exact else '; no accuracy is stated'}."
    text += f", read to about {number(found.value)} {found.unit}"
    span = found.percent_of(values)
    if span is None:
        return f"{text}."
    low, high = (f"{percent:.2g}" for percent in span)
    least = "at least " if found.unit == OF_HEIGHT else ""
    return f"{text}: {least}{low if low == high else f'{low} to {high}'} % of a published value."
