"""Where every number comes from, and the check that none lacks a source.

Each file of `conf/` has a `sources:` map from a leaf or a subtree, relative to that file, to
(kind, where, fitted_on). `fitted_on` names the calibration that lists the points on which a value
was fitted. A leaf without an entry of its own has that of its nearest ancestor. An
overridden leaf's source becomes `override`. Defaults of the schema, which stand for nothing special
(one die, no scaling), need none. Sources are no part of the configuration hash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sim.config.composition import Choices
from sim.config.defaults import built_on
from sim.config.errors import ConfigError, message, show, suggestion
from sim.config.files import choices, display, load_yaml, made_once
from sim.config.keys import GROUPS, SOURCED, Shape, keys, parents
from sim.config.overrides import Assignment
from sim.config.run import RunConfig
from sim.config.suggestions import did_you_mean
from sim.settings import Source

PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")
"""What names a calibration; other text says in words which points a user's number was fitted on."""


@cache
def _fields(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(model.model_fields)


def leaves(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the keys below `model` that were set, and their values."""
    given = model.model_fields_set
    for name in _fields(type(model)):
        if name not in given:
            continue
        value = getattr(model, name)
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
    if isinstance(value, BaseModel):  # an item of a list
        return any(_is_numeric(getattr(value, name)) for name in value.model_fields_set)
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


def own_sources(
    files: Sequence[tuple[str, Mapping[str, Any]]],
) -> Iterator[tuple[str, str | None, str]]:
    """Yield the numbers of a group whose source is another than the merged files say.

    A file that builds on another one may change a number that the other gave a source for. Then
    the number's source is that of the file which changed it, and not what stood there for another
    value.

    Args:
        files: names and contents of the merged files of one group, later ones winning.

    Yields:
        key in the group; the key whose source the file that changed it gives for it (None: it
        gives none); and that file.
    """
    values: dict[str, Any] = {}
    changed: dict[str, int] = {}
    declared: dict[str, int] = {}
    for index, (_, content) in enumerate(files):
        for key, value in written(content):
            if key in values and values[key] != value:
                changed[key] = index
            values[key] = value
        declared |= dict.fromkeys(content.get("sources") or {}, index)
    for key, index in changed.items():
        near = [name for name in parents(key) if name in declared]
        own = [name for name in near if declared[name] >= index]
        if near[:1] != own[:1] and _is_numeric(values[key]):
            yield key, own[0] if own else None, files[index][0]


def written(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a file and their values, its sources and defaults left out."""
    for name, value in content.items():
        if not prefix and name in ("sources", "defaults"):
            continue
        if isinstance(value, Mapping):
            yield from written(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


# --- of composed runs ----------------------------------------------------------------------


def _own_sources_of(files: Sequence[Path]) -> list[tuple[str, str | None, str]]:
    return list(own_sources([(display(file), load_yaml(file)) for file in files]))


def with_own_sources(config: RunConfig, chosen: Choices, config_dirs: Sequence[Path]) -> RunConfig:
    """Give a number that a file changed its own source, not that of the file it builds on."""
    changed = {}
    for group, name in chosen:
        if group not in SOURCED:
            continue
        files = list(built_on(group, name, config_dirs))
        if len(files) == 1:
            continue
        part = getattr(config, group)
        own = made_once((_own_sources_of, *files), partial(_own_sources_of, files))
        found = {
            key: Source(kind="override", where=file) if near is None else part.sources[near]
            for key, near, file in own
        }
        if found:
            changed[group] = part.model_copy(update={"sources": {**part.sources, **found}})
    return config.model_copy(update=changed) if changed else config


def with_override_sources(config: RunConfig, set_by: Mapping[str, Assignment]) -> RunConfig:
    """Make `override` the source of every leaf that an override set."""
    changed: dict[str, dict[str, Source]] = {}
    for key, assignment in set_by.items():
        group, _, inner = key.partition(".")
        if group in SOURCED and inner:
            sources = changed.setdefault(group, dict(getattr(config, group).sources))
            sources[inner] = Source(kind="override", where=assignment.origin)
    if not changed:
        return config
    parts = {
        group: getattr(config, group).model_copy(update={"sources": sources})
        for group, sources in changed.items()
    }
    return config.model_copy(update=parts)


def check_fits(config: RunConfig, locate: Any, config_dirs: Sequence[Path]) -> None:
    """Check that a source whose `fitted_on` is a plain name names a calibration."""
    known = choices("calibration", config_dirs)
    for group in SOURCED:
        for key, source in getattr(config, group).sources.items():
            name = source.fitted_on
            if PLAIN_NAME.fullmatch(name) and name not in known:
                raise ConfigError(
                    message(
                        locate(f"{group}.sources.{key}.fitted_on"),
                        f"no calibration called {show(name)}",
                        suggestion(name, known),
                    )
                )


def check_sources(config: RunConfig, locate: Any, shape: Shape) -> None:
    """Check that every number has a source and every source a key."""
    for key, source in sources_of(config).items():
        if source is None:
            group, _, inner = key.partition(".")
            raise ConfigError(
                message(
                    locate(key),
                    "the number has no source",
                    f"add to that file's sources: {inner}: "
                    "{kind: measured|derived|calibrated|assumed, where: ...}",
                )
            )
    for group in SOURCED:
        for name in getattr(config, group).sources:
            if f"{group}.{name}" not in keys(shape):
                raise ConfigError(
                    message(
                        locate(f"{group}.sources.{name}"),
                        "a source for a key that does not exist",
                        did_you_mean(f"{group}.{name}", shape),
                    )
                )
