"""Variants of a curve: points of other axes, sensitivity bands, flipped switches, freed objects.

A variant is the curve again with some keys changed. One that would change nothing that the
workload depends on is not run.
"""

from __future__ import annotations

import fnmatch
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.config.compose import compose_assignments
from sim.config.errors import ConfigError, message, show, suggestion
from sim.config.files import choices, display
from sim.config.keys import keys, shape_of
from sim.config.overrides import Assignment
from sim.config.run import RunConfig
from sim.config.sources import sources_of
from sim.estimate import settings, too_much
from sim.experiment import calibration_record, calibrations
from sim.experiment.assumptions import (
    assumptions,
    is_relevant,
    number_at,
    relevant,
    relevant_keys,
    times,
)
from sim.experiment.file import (
    Curve,
    Experiment,
    Sensitivity,
)
from sim.experiment.variation import FREE, Kind, Variation


@dataclass(frozen=True)
class Variant:
    """The curve again with some keys changed: a point of another axis, or of a sensitivity band.

    Attributes:
        variation: what it changes, as results say it.
        changes: keys that are set, and their values: of a freed object, all that the run frees.
        config: what runs.
        origin: where the experiment's file asks for it, for what only a run can find wrong.
    """

    variation: Variation
    changes: dict[str, Any]
    config: RunConfig
    origin: str = ""

    @property
    def id(self) -> str:
        """Name in results, for people."""
        return self.variation.label

    @property
    def kind(self) -> Kind:
        """What asks for it."""
        return self.variation.kind


def axis_variants(
    experiment: Experiment,
    config: RunConfig,
    layers: Sequence[Assignment],
    config_dirs: Sequence[Path],
) -> list[Variant]:
    """Make a variant for every combination of the axes other than cores, once they are counted."""
    file = display(choices("experiment", config_dirs)[experiment.name])
    axes = {key: values for key, values in experiment.axes.items() if key != "cores"}
    count = math.prod(map(len, axes.values())) if axes else 0
    reason = too_much(settings(count), config.limits.memory_gib)
    if reason:
        raise ConfigError(message(f"{file}: axes", *reason))
    variants = []
    for values in itertools.product(*axes.values()) if axes else ():
        changes = dict(zip(axes, values, strict=True))
        extra = [
            Assignment(f"{key}={value}", f"{file}: axes.{key}", key, value)
            for key, value in changes.items()
        ]
        config = compose_assignments([*layers, *extra], config_dirs)
        variants.append(Variant(Variation("axis", changes), changes, config))
    return variants


def sensitivity_variants(
    experiment: Experiment,
    curve: Curve,
    config: RunConfig,
    layers: Sequence[Assignment],
    config_dirs: Sequence[Path],
) -> list[Variant]:
    """Scale each key of the curve's sensitivity bands up and down, one at a time."""
    bands = [band for band in experiment.sensitivity if band.curve == curve.id]
    file = display(choices("experiment", config_dirs)[experiment.name])
    variants = []
    for band in bands:
        cores = sorted(set(band.cores) & set(config.core_counts))
        if not cores:
            continue
        replications = min(band.replications, config.run.replications)
        shorter = [
            Assignment(f"cores={cores}", f"{file}: sensitivity.cores", "cores", cores),
            Assignment(
                f"run.replications={replications}",
                f"{file}: sensitivity.replications",
                "run.replications",
                replications,
            ),
        ]
        for key, factor, scaled, where in _scaled(band, config, file, config_dirs):
            text = str(scaled).lower() if isinstance(scaled, bool) else scaled
            extra = [*shorter, Assignment(f"{key}={text}", where, key, scaled)]
            variants.append(
                Variant(
                    Variation("sensitivity", {key: scaled}, factor),
                    changes={key: scaled},
                    config=compose_assignments([*layers, *extra], config_dirs),
                )
            )
    return variants


Scaled = tuple[str, float, int | float | str, str]
"""A key of a band, its factor (1 of a choice), the value that it gets, and where both come from."""


def _scaled(
    band: Sensitivity, config: RunConfig, file: str, config_dirs: Sequence[Path]
) -> Iterator[Scaled]:
    """Yield what a band varies."""
    for key, factors in band.scale.items():
        yield from _times(config, key, factors, f"{file}: sensitivity.scale.{key}")
    for key in band.fitted:
        origin = f"{file}: sensitivity.fitted: {key}"
        yield from _times(config, key, interval(config, key, origin, config_dirs), origin)
    for key, values in band.instead.items():
        origin = f"{file}: sensitivity.instead.{key}"
        yield from ((key, 1.0, value, f"{origin}: {show(value)}") for value in values)
    yield from _assumed(band, config, file)


def _times(config: RunConfig, key: str, factors: Sequence[float], origin: str) -> Iterator[Scaled]:
    """Yield a number times each factor."""
    value = _value(config, key, origin)
    for factor in factors:
        scaled = round(value * factor) if isinstance(value, int) else value * factor
        if scaled == value and factor != 1 and value != 0:
            raise ConfigError(
                message(origin, f"{value} x {factor:g} rounds to {value}: the band is empty")
            )
        yield key, factor, scaled, f"{origin}: {value} x {factor:g}"


def interval(
    config: RunConfig, key: str, origin: str, config_dirs: Sequence[Path]
) -> tuple[float, float]:
    """Ends of the 95 % interval of a fitted number, as factors of its value.

    Raises:
        ConfigError: no calibration's record has the key.
    """
    source = sources_of(config).get(key)
    name = source.fitted_on if source is not None else ""
    known = calibrations.names(config_dirs)
    record = calibration_record.read(name, config_dirs) if name in known else None
    found = record.estimate(key, config.workload.name) if record else None
    if found is None:
        allowed = "allowed: numbers that a calibration with a record fits (scale takes factors)"
        raise ConfigError(message(origin, "has no interval", allowed))
    return round(found.low / found.value, 3), round(found.high / found.value, 3)


def _assumed(band: Sensitivity, config: RunConfig, file: str) -> Iterator[Scaled]:
    """Yield every assumed number below a band's keys, times each factor."""
    for below, factors in band.assumed.items():
        origin = f"{file}: sensitivity.assumed.{below}"
        known = keys(shape_of(config))
        if below not in known:
            raise ConfigError(
                message(origin, f"unknown key {show(below)}", suggestion(below, known))
            )
        matters = relevant_keys(config)
        for assumption in assumptions(config, below):
            if assumption.key not in matters or assumption.key in (*band.scale, *band.fitted):
                continue
            if number_at(config, assumption.key) is None:  # nothing is twice a word
                continue
            for factor in factors:
                scaled = times(config, assumption.key, factor)
                if scaled != assumption.value:  # nothing is around 0, or beyond a bound
                    where = f"{origin}: {assumption.key}: {assumption.value} x {factor:g}"
                    yield assumption.key, factor, scaled, where


def toggle_variants(
    experiment: Experiment,
    config: RunConfig,
    layers: Sequence[Assignment],
    config_dirs: Sequence[Path],
) -> list[Variant]:
    """Flip each of the experiment's toggles alone, where the curve's results depend on it."""
    file = display(choices("experiment", config_dirs)[experiment.name])
    known = keys(shape_of(config))
    variants = []
    for pattern in experiment.toggles:
        matches = fnmatch.filter(known, pattern)
        if not matches:
            raise ConfigError(
                message(f"{file}: toggles", f"no key {show(pattern)}", suggestion(pattern, known))
            )
        for key in matches:
            found = flipped(key, f"{file}: toggles: {key}", config, layers, config_dirs)
            if found is not None:
                variants.append(found)
    return variants


def flipped(
    key: str,
    origin: str,
    config: RunConfig,
    layers: Sequence[Assignment],
    config_dirs: Sequence[Path],
) -> Variant | None:
    """Flip one switch of a run; None where the run's results do not depend on it."""
    value: Any = config
    for part in key.split("."):
        value = getattr(value, part, None)
    if value is None:  # a switch of an object that the kernel does not have
        return None
    if not isinstance(value, bool):
        raise ConfigError(message(origin, "not a switch", "allowed: keys of true | false"))
    if not is_relevant(config, key):  # the program reads nothing that it sets
        return None
    return changed(
        Assignment(f"{key}={show(not value)}", origin, key, not value), config, layers, config_dirs
    )


def changed(
    assignment: Assignment,
    config: RunConfig,
    layers: Sequence[Assignment],
    config_dirs: Sequence[Path],
) -> Variant | None:
    """Set one switch of a run; None where the run's results do not depend on that."""
    run = compose_assignments([*layers, assignment], config_dirs)
    if relevant(run) == relevant(config):
        return None
    changes = {assignment.key: assignment.value}
    return Variant(Variation("toggle", changes), changes, run)


def what_if_variants(
    experiment: Experiment,
    curve: Curve,
    config: RunConfig,
    layers: Sequence[Assignment],
    config_dirs: Sequence[Path],
) -> list[Variant]:
    """Free each object of the experiment's what_if alone, beside what the run itself frees."""
    file = display(choices("experiment", config_dirs)[experiment.name])
    variants = []
    for index, asked in enumerate(experiment.what_if):
        if curve.id not in asked.curves or asked.cores not in config.core_counts:
            continue
        where = f"{file}: what_if[{index}]"
        replications = min(asked.replications, config.run.replications)
        for place, name in enumerate(asked.free):
            if name in config.free:
                continue
            origin = f"{where}.free[{place}]"
            changes = {
                "cores": ([asked.cores], f"{where}.cores"),
                "run.replications": (replications, f"{where}.replications"),
            }
            if asked.minimum_replications is not None:
                least = config.run.minimum_replications
                fewest = max(least, min(asked.minimum_replications, replications))
                changes["run.minimum_replications"] = fewest, f"{where}.minimum_replications"
            extra = [Assignment(f"{k}={v}", o, k, v) for k, (v, o) in changes.items()]
            variants.append(freed(name, origin, config, [*layers, *extra], config_dirs))
    return variants


def freed(
    name: str,
    origin: str,
    config: RunConfig,
    layers: Sequence[Assignment],
    config_dirs: Sequence[Path],
) -> Variant:
    """Free one object of a run, beside what the run itself frees."""
    objects = [*config.free, name]
    run = compose_assignments(
        [*layers, Assignment(f"free={objects}", origin, "free", objects)], config_dirs
    )
    return Variant(Variation("what_if", {FREE: name}), {FREE: objects}, run, origin)


def _value(config: RunConfig, key: str, origin: str) -> int | float:
    """Read a number from a run by its dotted key."""
    value = number_at(config, key)
    if value is None:
        known = keys(shape_of(config))
        what = "not a number" if key in known else f"unknown key {key}"
        raise ConfigError(message(origin, what, suggestion(key, known)))
    return value
