"""What an experiment's views, measures, bands and claims name has to exist: checked at load.

Fields say what they name (`sim.experiment.fields`). Columns are those of the results, machines
those of `conf/hardware`; curves, cases, designs, axes, core counts, switches and freed objects are
the experiment's own, or those of the experiment whose results a curve takes. Core counts that only
a composed run knows (`cores=all`, the default, an axis over machines) are checked in the plan.

    views[0].over = Aa  --Names("design")-->  designs of curves  -->  "no curve of a design 'Aa'"
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sim.config.errors import ConfigError, message, show, suggestion
from sim.config.files import choices
from sim.config.overrides import parse
from sim.experiment.columns import POINTS
from sim.experiment.fields import Names, curves_meant, fields_of, words
from sim.experiment.file import Curve, Experiment

Locate = Callable[[str], str]
NUMBERS = [column.name for column in POINTS if column.type != "text"]
SAID = {
    "column": "no column called",
    "curve": "no curve",
    "case": "no curve of a case",
    "design": "no curve of a design",
    "cores": "no curve runs on this number of cores:",
    "axis": "no axis",
    "machine": "no hardware called",
    "switch": "none of the curve's toggles:",
    "freed object": "not freed in the curve's what_if:",
}
SEE = {
    "column": "see: python -m sim describe columns",
    "machine": "see: python -m sim list hardware",
}


@dataclass(frozen=True)
class Origin:
    """Where a curve's results come from, and on how many cores they are; None: the plan knows."""

    curve: Curve
    experiment: Experiment
    source: Curve
    counts: frozenset[int] | None


Origins = list[Origin]


def check(
    experiment: Experiment,
    sources: Sequence[tuple[Experiment, Curve]],
    locate: Locate,
    config_dirs: Sequence[Path] = (),
) -> None:
    """Check every name in an experiment.

    Args:
        sources: of each of its curves, the experiment and the curve whose results it takes.
        locate: where a key of the experiment stands, for messages.

    Raises:
        ConfigError: something that is named does not exist.
    """
    origins = [
        Origin(curve, of, source, stated(of, source))
        for curve, (of, source) in zip(experiment.curves, sources, strict=True)
    ]
    for key, names, word, allowed in _named(experiment, origins, config_dirs):
        if not _is_one(word, allowed, names):
            _refuse(locate(key), names, word, allowed)
    for key, item in items(experiment):
        for field, names in fields_of(type(item)):
            values = getattr(item, field)
            if names.thing == "axis" and isinstance(values, Mapping):
                _check_values(values, origins, locate, f"{key}.{field}")
    _check_needs(experiment, origins, locate)


def check_cores(
    experiment: Experiment, counts: Sequence[tuple[Curve, frozenset[int]]], locate: Locate
) -> None:
    """Check the core counts that an experiment names, once its curves are planned.

    Args:
        counts: of each curve, the core counts of all its points.
    """
    origins = [Origin(curve, experiment, curve, found) for curve, found in counts]
    for key, names, word, allowed in _named(experiment, origins, ()):
        if names.thing == "cores" and word not in allowed:
            _refuse(locate(key), names, word, allowed)


def _named(
    experiment: Experiment, origins: Origins, config_dirs: Sequence[Path]
) -> Iterator[tuple[str, Names, Any, list[Any]]]:
    """Yield everything that is named: its key, what it is, the word, and what it may be."""
    for key, item in items(experiment):
        marked = fields_of(type(item))
        # what names a curve first: what others may name depends on it
        for field, names in sorted(marked, key=lambda one: one[1].thing != "curve"):
            for word in words(getattr(item, field)):
                allowed = _allowed(names, item, origins, config_dirs)
                if allowed is not None:
                    yield f"{key}.{field}", names, word, allowed


def items(experiment: Experiment) -> Iterator[tuple[str, BaseModel]]:
    """Yield everything in an experiment that names something, with its key in the file."""
    for section in ("measures", "views", "sensitivity", "what_if"):
        for index, item in enumerate(getattr(experiment, section)):
            yield f"{section}[{index}]", item
    for index, claim in enumerate(experiment.claims):
        for metric in claim.metrics:
            own = metric is claim.metric
            yield f"claims[{index}].{'metric' if own else 'also_at'}", metric


def stated(experiment: Experiment, curve: Curve) -> frozenset[int] | None:
    """Read a curve's core counts from the file; None where only a composed run knows them."""
    if any(key == "hardware" or key.startswith("hardware.") for key in experiment.axes):
        return None
    counts: Any = experiment.axes.get("cores")
    for text in (*experiment.base, *experiment.overrides, *curve.overrides):
        if text.lstrip("+").startswith("cores="):
            try:
                counts = parse(text).value
            except ConfigError:  # the plan says so, with the place
                return None
    if isinstance(counts, list) and all(type(count) is int for count in counts):
        return frozenset(counts)
    return None


def _allowed(
    names: Names, item: BaseModel, origins: Origins, config_dirs: Sequence[Path]
) -> list[Any] | None:
    """List what a field may name; None where that is not known yet."""
    if names.thing == "column":
        return NUMBERS
    if names.thing == "machine":
        return list(choices("hardware", config_dirs))
    if names.thing == "curve":
        return [origin.curve.id for origin in origins]
    if names.thing == "case":  # a curve may have none
        return _unique(origin.curve.case for origin in origins if origin.curve.case)
    if names.thing == "design":
        return _unique(origin.curve.design for origin in origins)
    meant = _meant(names, item, origins)
    if names.thing == "cores":
        if any(origin.counts is None for origin in meant):
            return None
        return sorted({count for origin in meant for count in origin.counts or ()})
    if names.thing == "axis":
        return _unique(key for origin in meant for key in origin.experiment.axes)
    if names.thing == "switch":
        return _unique(key for origin in meant for key in origin.experiment.toggles)
    return _unique(
        name
        for origin in meant
        for asked in origin.experiment.what_if
        if origin.source.id in asked.curves
        for name in asked.free
    )


def _meant(names: Names, item: BaseModel, origins: Origins) -> Origins:
    """Select the curves that a field is about: those that its item names, or all."""
    ids = curves_meant(item, names)
    return [origin for origin in origins if origin.curve.id in ids] if ids else origins


def _unique(words: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _is_one(word: Any, allowed: Sequence[Any], names: Names) -> bool:
    """Whether a word is among the allowed ones; a toggle `key.*` allows every key below it."""
    if names.thing == "switch":
        return any(fnmatch.fnmatchcase(word, pattern) for pattern in allowed)
    return word in allowed


def _refuse(place: str, names: Names, word: Any, allowed: Sequence[Any]) -> None:
    hint = suggestion(str(word), [str(one) for one in allowed], limit=64)
    if not allowed:
        hint = "allowed: nothing, the experiment has none"
    elif names.thing == "cores":  # a number has no nearest spelling
        hint = f"allowed: {', '.join(map(str, allowed))}"
    what = SAID[names.thing]
    if names.thing == "column" and word in {column.name for column in POINTS}:
        what = "not a column of numbers:"
    raise ConfigError(message(place, f"{what} {show(word)}", hint, SEE.get(names.thing, "")))


def _check_values(at: Mapping[str, Any], origins: Origins, locate: Locate, key: str) -> None:
    """Check the values of axes at which a metric or a view looks."""
    for axis, value in at.items():
        values = [one for origin in origins for one in origin.experiment.axes.get(axis, [])]
        if value not in values:
            allowed = _unique(show(one).strip("'") for one in values)
            raise ConfigError(
                message(
                    locate(f"{key}.{axis}"),
                    f"no value {show(value)} on this axis",
                    suggestion(str(value), allowed),
                )
            )


def _check_needs(experiment: Experiment, origins: Origins, locate: Locate) -> None:
    """Check that the experiment has what a kind of view is made of."""
    for index, view in enumerate(experiment.views):
        meant = _meant(Names("curve"), view, origins)
        for axis in view.needs_axes:
            if not any(axis in origin.experiment.axes for origin in meant):
                raise ConfigError(
                    message(
                        locate(f"views[{index}].kind"),
                        f"{show(view.kind)} needs an axis {show(axis)}",
                        f"there are: {', '.join(experiment.axes) or 'none'}",
                    )
                )
        if view.needs and not any(_has(origin, view.needs) for origin in meant):
            raise ConfigError(
                message(
                    locate(f"views[{index}].kind"),
                    f"{show(view.kind)} shows {' or '.join(view.needs)}, and the experiment has "
                    f"{'none' if len(view.needs) == 1 else 'neither'}"
                    + (f" for curve {show(view.curve)}" if hasattr(view, "curve") else ""),
                )
            )


def _has(origin: Origin, sections: Sequence[str]) -> bool:
    """Whether the experiment of a curve's results says one of these things about the curve."""
    for section in sections:
        for item in getattr(origin.experiment, section):
            curves = words(getattr(item, "curve", None)) + words(getattr(item, "curves", None))
            if not curves or origin.source.id in curves:
                return True
    return False
