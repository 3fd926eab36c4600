"""Where every number comes from, and the check that none lacks a source.

Each file of `conf/` has a `sources:` map from a leaf or a subtree, relative to that file, to
(kind, where, fitted_on). `fitted_on` names the calibration that lists the points on which a value
was fitted. A leaf without an entry of its own has that of its nearest ancestor. An
overridden leaf's source becomes `override`. Defaults of the schema, which stand for nothing special
(one die, no scaling), need none. Sources are no part of the configuration hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from sim.config.keys import GROUPS, SOURCED, parents
from sim.config.schema.run import RunConfig
from sim.config.schema.settings import Source


def leaves(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the keys below `model` that were set, and their values."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if name not in model.model_fields_set:
            continue
        if isinstance(value, BaseModel):
            yield from leaves(value, f"{prefix}{name}.")
        elif name != "sources":
            yield f"{prefix}{name}", value


def numeric_leaves(model: BaseModel) -> Iterator[str]:
    """Yield the keys below `model` that were set to numbers or lists of numbers."""
    return (key for key, value in leaves(model) if _is_numeric(value))


def _is_numeric(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_is_numeric(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def source_of(sources: Mapping[str, Source], key: str) -> Source | None:
    """Find the source of a key relative to its group: its own, or that of the nearest ancestor."""
    for name in parents(key):
        if name in sources:
            return sources[name]
    return None


def sources_of(config: RunConfig) -> dict[str, Source | None]:
    """Return every number that needs a source, with its source or None."""
    found: dict[str, Source | None] = {}
    for group in SOURCED:
        part = getattr(config, group)
        for leaf in numeric_leaves(part):
            found[f"{group}.{leaf}"] = source_of(part.sources, leaf)
    return found


def sources_of_all(config: RunConfig) -> Iterator[tuple[str, Any, Source | None]]:
    """Yield every leaf of the groups with its value and its source or None.

    A subtree's source says where its numbers are from; what is no number has a source if it has
    one of its own.
    """
    for group in GROUPS:
        part = getattr(config, group)
        for leaf, value in leaves(part):
            own = part.sources.get(leaf)
            source = source_of(part.sources, leaf) if _is_numeric(value) else own
            yield f"{group}.{leaf}", value, source
