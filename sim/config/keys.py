"""The keys of a run, read off the schema: name, type, bounds, unit, meaning.

Everything that names a setting (overrides, errors, `describe`, the reference pages) asks here, so
that the schema stays the only list of settings.
"""

from __future__ import annotations

import math
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.config.run import RunConfig

GROUPS = ("hardware", "kernel", "workload", "run")
SOURCED = (*GROUPS, "limits")
"""Parts of a run whose numbers name their sources."""
UNITS = {
    "_cycles": "cycles",
    "_us": "us",
    "_ns": "ns",
    "_kib": "KiB",
    "_ghz": "GHz",
    "_gib": "GiB",
    "_gb_s": "GB/s",
}
Shape = tuple[tuple[str, str], ...]
"""What a run is made of: (key, kind) of each part that is one of several kinds."""


def unit_of(name: str) -> str:
    """Unit of a setting, which its name ends with; empty for counts and names."""
    if name == "cycles" or name.endswith(".cycles"):
        return "cycles"
    return next((unit for suffix, unit in UNITS.items() if name.endswith(suffix)), "")


@dataclass(frozen=True)
class Key:
    """One setting or one subtree of settings."""

    name: str
    info: FieldInfo
    model: type[BaseModel] | None

    @property
    def is_leaf(self) -> bool:
        """Whether the key holds a value rather than further keys."""
        return self.model is None

    @property
    def unit(self) -> str:
        """Unit of the value, which its name ends with; empty for counts and names."""
        return unit_of(self.name)

    @property
    def allowed(self) -> str:
        """Type, bounds and choices in words."""
        if self.model is not None:
            return "keys: " + ", ".join(n for n in self.model.model_fields if n != "sources")
        several = _alternatives(self.name, self.info)
        if several is not None:
            return f"{several.discriminator}: {' | '.join(several.arms)}"
        return _allowed(self.info.annotation, list(self.info.metadata))

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest value of a number; infinite where there is none."""
        found = _bounds(_metadata(self.info.annotation, list(self.info.metadata)))
        low = found.get("ge", found.get("gt", -math.inf))
        return low, found.get("le", found.get("lt", math.inf))

    @property
    def choices(self) -> list[str]:
        """Values that can be listed: those of names and switches; empty for numbers and text."""
        return _choices(self.info.annotation)

    @property
    def items(self) -> list[Key]:
        """Settings of each item, if the value is a list of such."""
        listed = get_origin(self.info.annotation) is list
        inside = get_args(self.info.annotation)[0] if listed else None
        if not (isinstance(inside, type) and issubclass(inside, BaseModel)):
            return []
        return [Key(name, info, None) for name, info in inside.model_fields.items()]

    @property
    def meaning(self) -> str:
        """What the setting is."""
        if self.info.description:
            return self.info.description
        doc = (self.model.__doc__ or "") if self.model is not None else ""
        return doc.strip().split("\n")[0]


def _allowed(annotation: Any, metadata: list[Any]) -> str:
    """Put a type with its constraints into words."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _allowed(inner, [*metadata, *_constraints(more)])
    if origin is Literal:
        return " | ".join(str(choice) for choice in get_args(annotation))
    if origin in (Union, types.UnionType):
        arms = [_allowed(arm, metadata) for arm in get_args(annotation)]
        return " or ".join("null" if arm == "NoneType" else arm for arm in arms)
    if origin is list:
        return f"list of {_allowed(get_args(annotation)[0], [])}"
    if origin is tuple:
        return "[" + ", ".join(_allowed(arm, []) for arm in get_args(annotation)) + "]"
    if annotation is bool:
        return "true | false"
    if annotation is str:
        return "text"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "{" + ", ".join(annotation.model_fields) + "}"
    if annotation in (int, float):
        noun = "integer" if annotation is int else "number"
        bounds = _bounds(metadata)
        low = bounds.get("ge", bounds.get("gt"))
        high = bounds.get("le", bounds.get("lt"))
        return noun if low is None and high is None else f"{noun}, {low} to {high}"
    return getattr(annotation, "__name__", str(annotation))


def _bounds(metadata: list[Any]) -> dict[str, float]:
    """Collect the bounds among constraints."""
    return {
        name: getattr(item, name)
        for item in metadata
        for name in ("ge", "le", "gt", "lt")
        if hasattr(item, name)
    }


def _metadata(annotation: Any, metadata: list[Any]) -> list[Any]:
    """Collect the constraints of a type, those of annotations inside it included."""
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        metadata = [*metadata, *_constraints(more)]
    return metadata


def _choices(annotation: Any) -> list[str]:
    """List the values of a type that has few."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _choices(get_args(annotation)[0])
    if origin is Literal:
        return [str(choice) for choice in get_args(annotation)]
    if origin in (Union, types.UnionType):
        return [choice for arm in get_args(annotation) for choice in _choices(arm)]
    return ["true", "false"] if annotation is bool else []


def _constraints(metadata: list[Any]) -> list[Any]:
    """Collect constraint objects, those inside a FieldInfo included."""
    found: list[Any] = []
    for item in metadata:
        found.extend(item.metadata if isinstance(item, FieldInfo) else [item])
    return found


def _models(annotation: Any) -> list[type[BaseModel]]:
    """List the models that an annotation stands for: one, the arms of a union, or none."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _models(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [model for arm in get_args(annotation) for model in _models(arm)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return []


@dataclass(frozen=True)
class Alternatives:
    """A part of a run that is one of several kinds, told apart by one of its keys."""

    key: str
    discriminator: str
    arms: dict[str, type[BaseModel]]

    @property
    def group(self) -> str:
        """Group of configuration files that chooses the kind."""
        return self.key.partition(".")[0]


def _tag(model: type[BaseModel], discriminator: str) -> str:
    """Return the value of the discriminator that selects an arm of a union."""
    return str(get_args(model.model_fields[discriminator].annotation)[0])


def _alternatives(key: str, info: FieldInfo) -> Alternatives | None:
    """Return the kinds that a field's part may be of; None if there is but one."""
    if not isinstance(info.discriminator, str):
        return None
    name = info.discriminator
    return Alternatives(key, name, {_tag(m, name): m for m in _models(info.annotation)})


@cache
def alternatives() -> dict[str, Alternatives]:
    """Return every part of a run that is one of several kinds, by its key."""

    def visit(model: type[BaseModel], prefix: str) -> Iterator[Alternatives]:
        for name, info in model.model_fields.items():
            found = _alternatives(f"{prefix}{name}", info)
            if found is not None:
                yield found
            for arm in _models(info.annotation):
                yield from visit(arm, f"{prefix}{name}.")

    return {found.key: found for found in visit(RunConfig, "")}


def workload_kinds() -> list[str]:
    """List the kinds of workload in the schema."""
    return list(alternatives()["workload"].arms)


def _inside(settings: Any, key: str) -> Any:
    """Find a dotted key in a mapping or an object; None if it is not there."""
    for part in key.split("."):
        if isinstance(settings, Mapping):
            settings = settings.get(part)
        else:
            settings = getattr(settings, part, None)
    return settings


def shape_of(settings: Any) -> Shape:
    """Tell what a run is made of, from the run or from the mapping that it is read from."""
    found = []
    for key, part in alternatives().items():
        kind = _inside(settings, f"{key}.{part.discriminator}")
        if isinstance(kind, str):
            found.append((key, kind))
    return tuple(found)


def other_shapes(shape: Shape) -> Iterator[tuple[Alternatives, str, Shape]]:
    """Yield the shapes that differ in one part: the part, its other kind, and the shape."""
    chosen = dict(shape)
    for key, part in alternatives().items():
        for kind in part.arms:
            if kind != chosen.get(key):
                yield part, kind, tuple((chosen | {key: kind}).items())


def _walk(
    model: type[BaseModel], prefix: str, kinds: Mapping[str, str] | None = None
) -> Iterator[Key]:
    """Yield the keys of a model, in a shape; without one of all shapes, some several times."""
    for name, info in model.model_fields.items():
        if name == "sources":
            continue
        key = f"{prefix}{name}"
        several = _alternatives(key, info)
        if several is None:
            models = _models(info.annotation)
        else:
            models = [
                arm for kind, arm in several.arms.items() if kinds is None or kind == kinds.get(key)
            ]
        for arm in models if kinds is None else models[:1]:
            yield Key(key, info, arm)
            yield from _walk(arm, f"{key}.", kinds)
        if not models:
            yield Key(key, info, None)


@cache
def keys(shape: Shape) -> dict[str, Key]:
    """Return every key of a run of the given shape, in the schema's order."""
    return {key.name: key for key in _walk(RunConfig, "", dict(shape))}


@cache
def all_keys() -> frozenset[str]:
    """Return every key of every run."""
    return frozenset(key.name for key in _walk(RunConfig, ""))


@cache
def subtrees() -> frozenset[str]:
    """Return the keys that hold further keys in every run that has them."""
    leaves = {key.name for key in _walk(RunConfig, "") if key.is_leaf}
    return all_keys() - leaves


@cache
def lists() -> frozenset[str]:
    """Return the keys whose values are lists."""
    return frozenset(key.name for key in _walk(RunConfig, "") if "list of" in key.allowed)


def is_optional(key: Key) -> bool:
    """Whether null may stand in the place of a key's value or subtree."""
    return type(None) in get_args(key.info.annotation)


def parents(key: str) -> Iterator[str]:
    """Yield `a.b.c`, `a.b`, `a`: a dotted key and what contains it, innermost first."""
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        yield ".".join(parts[:length])


def displaced(key: str, shape: Shape) -> list[str]:
    """List the keys that a value of this one takes the place of: one of them all is given."""
    parent, _, last = key.rpartition(".")
    model = keys(shape)[parent].model if parent in keys(shape) else None
    exclusive: tuple[str, ...] = getattr(model, "exclusive", ())
    return [f"{parent}.{name}" for name in exclusive if last in exclusive and name != last]
