"""Types of the fields of an experiment's file, and what a field names.

A field that names something else (a curve, a column, an axis) says so beside its type, and
`named.check` looks for it when the experiment is loaded. So a new view or metric is checked without
being listed anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

Thing = Literal[
    "column", "curve", "case", "design", "cores", "axis", "machine", "switch", "freed object"
]


@dataclass(frozen=True)
class Names:
    """What the value of a field names; of a list, each of its values; of a mapping, its keys.

    `of` are fields of the same item that say which curve is meant, the first that is given; none of
    them: every curve that the item names (`curves_meant`), or any if it names none.
    """

    thing: Thing
    of: tuple[str, ...] = ("curve", "curves")


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Number = Annotated[float, Field(ge=-1e15, le=1e15)]
Mode = Literal["user", "system", "idle"]
CoreCount = Annotated[int, Field(ge=1, le=4096)]
AxisValues = Annotated[dict[str, int | float | str | bool], Names("axis")]

ColumnName = Annotated[Name, Names("column")]
CurveId = Annotated[Name, Names("curve")]
OtherCurve = Annotated[Name | None, Names("curve")]
Key = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9_.-]*)?$", max_length=100)]
Design = Annotated[Name, Names("design")]
Designs = Annotated[list[Name], Names("design")]
PublishedCases = Annotated[dict[Name, str], Names("case")]
PublishedCurves = Annotated[dict[Name, str], Names("curve")]
PublishedDesigns = Annotated[dict[Name, str], Names("design")]
Cores = Annotated[CoreCount, Names("cores")]
OverCores = Annotated[CoreCount, Names("cores", of=("over_curve", "curve"))]
SomeCores = Annotated[list[CoreCount], Field(min_length=1), Names("cores")]
AxisKey = Annotated[Text, Names("axis")]
Machine = Annotated[Name, Names("machine")]
Switch = Annotated[str, Names("switch")]
FreedObject = Annotated[str, Names("freed object")]


def fields_of(model: type[BaseModel]) -> list[tuple[str, Names]]:
    """List the fields of a part of an experiment that name something, and what."""
    return [
        (name, marker)
        for name, field in model.model_fields.items()
        for marker in field.metadata
        if isinstance(marker, Names)
    ]


def words(value: Any) -> list[Any]:
    """Return what a value names: nothing, one thing, or several."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | Mapping) else [value]


def words_of(item: BaseModel, fields: Sequence[str]) -> list[Any]:
    """Return what the first of some fields names that is there and names something."""
    for field in fields:
        if found := words(getattr(item, field, None)):
            return found
    return []


def curves_meant(item: BaseModel, names: Names) -> list[Any]:
    """Return the curves that a field is about: its own, or all that the item names."""
    every = (field for field, other in fields_of(type(item)) if other.thing == "curve")
    return words_of(item, names.of) or [
        curve for field in every for curve in words(getattr(item, field))
    ]
