"""The keys of a run, read off the schema: name, type, bounds, unit, meaning.

Everything that names a setting (overrides, errors, `describe`, the reference pages) asks here, so
that the schema stays the only list of settings.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.config.schema.run import RunConfig

GROUPS = ("hardware", "kernel", "workload", "run")
UNITS = {
    "_cycles": "cycles",
    "_us": "us",
    "_ns": "ns",
    "_kib": "KiB",
    "_ghz": "GHz",
    "_gb_s": "GB/s",
}


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
        if self.name == "cycles" or self.name.endswith(".cycles"):
            return "cycles"
        for suffix, unit in UNITS.items():
            if self.name.endswith(suffix):
                return unit
        return ""

    @property
    def allowed(self) -> str:
        """Type, bounds and choices in words."""
        if self.model is not None:
            return "keys: " + ", ".join(n for n in self.model.model_fields if n != "sources")
        return _allowed(self.info.annotation, list(self.info.metadata))

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
    if annotation in (int, float):
        noun = "integer" if annotation is int else "number"
        bounds = {
            name: getattr(item, name)
            for item in metadata
            for name in ("ge", "le", "gt", "lt")
            if hasattr(item, name)
        }
        low = bounds.get("ge", bounds.get("gt"))
        high = bounds.get("le", bounds.get("lt"))
        return noun if low is None and high is None else f"{noun}, {low} to {high}"
    return getattr(annotation, "__name__", str(annotation))


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


def tag(model: type[BaseModel]) -> str:
    """Return the `kind` that selects an arm of a union; empty for models without one."""
    info = model.model_fields.get("kind")
    return "" if info is None else str(get_args(info.annotation)[0])


def workload_kinds() -> list[str]:
    """List the kinds of workload in the schema."""
    return [tag(model) for model in _models(RunConfig.model_fields["workload"].annotation)]


def _walk(model: type[BaseModel], prefix: str, workload: str) -> Iterator[Key]:
    for name, info in model.model_fields.items():
        if name == "sources":
            continue
        key = f"{prefix}{name}"
        models = _models(info.annotation)
        if len(models) > 1:
            models = [arm for arm in models if tag(arm) == workload]
        if models:
            yield Key(key, info, models[0])
            yield from _walk(models[0], f"{key}.", workload)
        else:
            yield Key(key, info, None)


@cache
def keys(workload: str) -> dict[str, Key]:
    """Return every key of a run whose workload is of kind `workload`, in the schema's order."""
    return {key.name: key for key in _walk(RunConfig, "", workload)}


def parents(key: str) -> Iterator[str]:
    """Yield `a.b.c`, `a.b`, `a`: a dotted key and what contains it, innermost first."""
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        yield ".".join(parts[:length])
