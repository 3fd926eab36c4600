"""From files and overrides to one typed, validated run: Hydra composes, the schema decides.

Hydra merges the chosen files of `conf/` (and of the user's own folders) once per distinct choice
of groups. Values are then set on the container, which costs next to nothing, so axes and
sensitivity variants do not recompose.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from sim.config.composition import Choices, composed, contributors
from sim.config.defaults import check_defaults
from sim.config.errors import ConfigError, FileError, message, show, suggestion
from sim.config.files import (
    CHOICE_GROUPS,
    CONF,
    check_once,
    choices,
    display,
    load_yaml,
    made_once,
    unchanging,
    unreadable,
    without,
)
from sim.config.keys import (
    GROUPS,
    Alternatives,
    Shape,
    displaced,
    is_optional,
    keys,
    other_shapes,
    parents,
    shape_of,
)
from sim.config.overrides import Assignment, parse
from sim.config.presets import fill_by_presets, lines, preset_of, show_presets
from sim.config.run import RunConfig
from sim.config.sources import (
    check_fits,
    check_sources,
    with_override_sources,
    with_own_sources,
)
from sim.config.suggestions import allowed, did_you_mean, unknown
from sim.config.validation import validate

MACHINE = "machine"
"""Cluster of a kernel that has one instance for all cores."""
COHERENT = (MACHINE, "kernel")
"""Clusters whose cores share memory wherever they lie."""


def _file_of(key: str, chosen: Choices, config_dirs: Sequence[Path]) -> str:
    """Name the file that sets a key (or, for a missing one, the file that should), and the key."""
    files = contributors(chosen, config_dirs)
    for name in parents(key):
        for package, path, content in files:
            if package and not (name == package or name.startswith(f"{package}.")):
                continue
            inner = name[len(package) :].lstrip(".")
            if (not inner and package) or (inner and _has(content, inner)):
                relative = key[len(package) :].lstrip(".")
                return f"{display(path)}: {relative}" if relative else display(path)
    return f"{display(CONF / 'config.yaml')}: {key}"


def _has(content: Any, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(content, Mapping) or part not in content:
            return False
        content = content[part]
    return True


# --- composition ---------------------------------------------------------------------------


def compose(overrides: Sequence[str] = (), config_dirs: Sequence[Path] = ()) -> RunConfig:
    """Compose one run from Hydra overrides such as `kernel=linux_stock` or `run.seed=7`.

    Raises ConfigError, whose text is the complete message for the user.
    """
    return compose_assignments([parse(text) for text in overrides], config_dirs)


@unchanging()
def compose_assignments(
    assignments: Sequence[Assignment], config_dirs: Sequence[Path] = ()
) -> RunConfig:
    """Compose one run from parsed overrides, later ones winning."""
    of = (compose_assignments, repr(tuple(assignments)), tuple(config_dirs))
    return made_once(of, lambda: _composed(assignments, config_dirs))


def _composed(assignments: Sequence[Assignment], config_dirs: Sequence[Path]) -> RunConfig:
    chosen, values = _split(assignments, config_dirs)
    container = _merge(chosen, assignments, config_dirs)
    for fitting in (_with_usual_kernel, _with_kernel_of_an_island):
        fitted = fitting(chosen, container, config_dirs)
        if fitted != chosen:
            chosen = fitted
            container = _merge(chosen, assignments, config_dirs)
    shape = shape_of(container)
    fill_by_presets(container)
    set_by: dict[str, Assignment] = {}
    for assignment in values:
        _check_key(assignment, shape, config_dirs)
        _check_present(assignment, container, shape, config_dirs)
        for key, value in _leaves(assignment.key, assignment.value):
            _check_key(replace(assignment, key=key), shape, config_dirs)
            _set(container, key, value)
            for preset, chosen_by_it in preset_of(key, value):
                _set(container, preset, chosen_by_it)
            set_by[key] = assignment
            for other in displaced(key, shape) if value is not None else ():
                _set(container, other, None)

    def locate(key: str) -> str:
        for name, assignment in reversed(set_by.items()):
            if (
                name == key
                or name.startswith(f"{key}.")
                or key.startswith((f"{name}.", f"{name}["))
            ):
                return assignment.origin
        for group, assignment in _choosers(assignments):
            if key.replace(".", "/") == group:
                return assignment.origin
        return _file_of(key, chosen, config_dirs)

    show_presets(container)
    container = _interpolated(container, locate)
    config = validate(RunConfig, container, locate, lambda name: allowed(name, shape), shape=shape)
    config = with_own_sources(config, chosen, config_dirs)
    config = with_override_sources(config, set_by)
    check_sources(config, locate, shape)
    check_fits(config, locate, config_dirs)
    _check_names(config, chosen, config_dirs)
    return config


def _split(
    assignments: Sequence[Assignment], config_dirs: Sequence[Path]
) -> tuple[Choices, list[Assignment]]:
    """Separate choices of groups (later ones win, each of them exists) from values in order."""
    chosen: dict[str, str] = {}
    for assignment in assignments:
        if not assignment.is_choice:
            continue
        group, name = assignment.key, assignment.value
        available = choices(group, config_dirs)
        if name not in available:
            raise ConfigError(
                message(
                    assignment.origin,
                    f"no {group} called {show(name)}",
                    suggestion(name, available),
                    f"see: python -m sim list {group}",
                    *without(group, config_dirs),
                )
            )
        chosen[group] = name
    return tuple(chosen.items()), [a for a in assignments if not a.is_choice]


def _with_usual_kernel(
    chosen: Choices, container: Mapping[str, Any], config_dirs: Sequence[Path]
) -> Choices:
    """Choose the kernel that a workload's file names as its usual one, where none is chosen."""
    usual = container.get("workload", {}).get("usual_kernel")
    if "kernel" in dict(chosen) or not isinstance(usual, str):
        return chosen
    available = choices("kernel", config_dirs)
    if usual not in available:
        origin = _file_of("workload.usual_kernel", chosen, config_dirs)
        what = f"no kernel called {show(usual)}"
        raise ConfigError(message(origin, what, suggestion(usual, available)))
    return (*chosen, ("kernel", usual))


def _with_kernel_of_an_island(
    chosen: Choices, container: Mapping[str, Any], config_dirs: Sequence[Path]
) -> Choices:
    """Choose the first kernel that shares no memory, where none is chosen and packages cannot."""
    shape: dict[str, str] = dict(shape_of(container))
    shares = _cluster(container) in COHERENT
    if "kernel" in dict(chosen) or shape.get("hardware.coherence") != "islands" or not shares:
        return chosen
    for name in choices("kernel", config_dirs):
        found = _alone("kernel", name, config_dirs)
        if found and _cluster(found) not in COHERENT:
            return (*chosen, ("kernel", name))
    return chosen


def _alone(group: str, name: str, config_dirs: Sequence[Path]) -> dict[str, Any]:
    """Compose a choice that nobody made, for what it has; empty if its file is broken."""
    try:
        return _merge(((group, name),), (), config_dirs)
    except ConfigError:
        return {}


def _cluster(container: Mapping[str, Any]) -> Any:
    """Cores that share an instance of the kernel, as the files say."""
    return container.get("kernel", {}).get("cluster", MACHINE)


def _choosers(assignments: Sequence[Assignment]) -> Iterator[tuple[str, Assignment]]:
    for assignment in reversed(assignments):
        if assignment.is_choice:
            yield assignment.key, assignment


def _merge(
    chosen: Choices, assignments: Sequence[Assignment], config_dirs: Sequence[Path]
) -> dict[str, Any]:
    """Let Hydra compose, and put its failures into words."""
    for group in CHOICE_GROUPS:
        choices(group, config_dirs)
    for group, name in picked(chosen).items():
        check_once(check_defaults, group, name, config_dirs)
    try:
        container = composed(chosen, config_dirs)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise unreadable(Path(mark.name if mark else CONF), error) from None
    except _failures() as error:
        of = FileError if isinstance(error, OSError) else ConfigError
        raise of(_composition_error(error, assignments, config_dirs)) from None
    return container


def _failures() -> tuple[type[Exception], ...]:
    """What Hydra raises when files do not compose."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    return HydraException, OmegaConfBaseException, ValueError, OSError


def _composition_error(
    error: Exception, assignments: Sequence[Assignment], config_dirs: Sequence[Path]
) -> str:
    reason = next(iter(str(error).splitlines()), type(error).__name__)
    for group in CHOICE_GROUPS:
        for name, path in choices(group, config_dirs).items():
            if f"'{group}/{name}'" in reason:
                return message(f"{display(path)}: defaults", reason)
    asked = [assignment for assignment in assignments if assignment.is_choice]
    named = [assignment for assignment in asked if f"'{assignment.key}'" in reason]
    typed = [assignment.origin for assignment in named or asked]
    return message(typed[-1] if typed else display(CONF / "config.yaml"), reason)


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield a mapping's leaves with their full keys; anything else is a leaf itself."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _leaves(f"{key}.{name}", inner)
    else:
        yield key, value


def _set(container: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split(".")
    for part in path:
        inner = container.get(part)
        if not isinstance(inner, dict):
            inner = container[part] = {}
        container = inner
    container[last] = value


def _check_key(assignment: Assignment, shape: Shape, config_dirs: Sequence[Path]) -> None:
    """Refuse a key that a run of this shape does not have."""
    key = assignment.key
    if key in keys(shape):
        group = key.replace(".", "/")
        known = keys(shape)[key]
        absent = assignment.value is None and is_optional(known)
        if not known.is_leaf and not absent and not isinstance(assignment.value, Mapping):
            hint = ""
            if group in CHOICE_GROUPS and isinstance(assignment.value, str):
                hint = f"did you mean {group}={assignment.value}?"
            raise ConfigError(
                message(
                    assignment.origin,
                    f"{show(assignment.value)} is not a mapping, and {key} is a subtree",
                    hint,
                    f"see: python -m sim describe {key}",
                )
            )
        return
    others = [(part, kind) for part, kind, other in other_shapes(shape) if key in keys(other)]
    if others:
        part = others[0][0]
        kinds = [kind for one, kind in others if one is part]
        have = _choices_of(part, kinds, config_dirs)
        raise ConfigError(
            message(
                assignment.origin,
                f"unknown key {key} (the {part.key} is {dict(shape).get(part.key, 'missing')})",
                f"only {', '.join(have)} {'has' if len(have) == 1 else 'have'} it"
                if have
                else did_you_mean(key, shape),
                f"see: python -m sim describe {part.key}",
            )
        )
    raise ConfigError(unknown(assignment.origin, key, shape))


def _check_present(
    assignment: Assignment, container: Mapping[str, Any], shape: Shape, config_dirs: Sequence[Path]
) -> None:
    """Refuse a number of an object that the chosen kernel does not have."""
    line = (
        next(iter(lines(assignment.key)), assignment.key) if assignment.key != "kernel.fix" else ""
    )
    for part in reversed(list(parents(line))[1:]):
        optional = part.startswith("kernel.") and part != "kernel.fix" and part in keys(shape)
        if optional and _inside(container, part) is None:
            able = [
                f"kernel={name}"
                for name in choices("kernel", config_dirs)
                if _inside(_alone("kernel", name, config_dirs), part) is not None
            ]
            what = f"{container['kernel'].get('name')} has no {part}"
            have = f"only {', '.join(able)} {'has' if len(able) == 1 else 'have'} it"
            see = "see: python -m sim describe kernel"
            raise ConfigError(message(assignment.origin, what, have if able else "", see))


def _inside(container: Mapping[str, Any], key: str) -> Any:
    """What a composed run has at a dotted key; None if nothing."""
    found: Any = container
    for name in key.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _choices_of(part: Alternatives, kinds: Sequence[str], config_dirs: Sequence[Path]) -> list[str]:
    """List the choices whose part is of one of these kinds, those of a base's kind included."""
    return [
        f"{part.group}={name}"
        for name in choices(part.group, config_dirs)
        if dict(shape_of(_alone(part.group, name, config_dirs))).get(part.key) in kinds
    ]


def _interpolated(container: dict[str, Any], locate: Any) -> dict[str, Any]:
    """Replace interpolations such as `${hardware.name}` by their values."""
    if "${" not in json.dumps(container, default=str):
        return container
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        resolved = OmegaConf.to_container(OmegaConf.create(container), resolve=True)
    except OmegaConfBaseException as error:
        key = str(getattr(error, "full_key", "") or "")
        reason = str(error).splitlines()[0]
        raise ConfigError(message(locate(key), reason)) from None
    assert isinstance(resolved, dict)
    return {str(key): value for key, value in resolved.items()}


def _check_names(config: RunConfig, chosen: Choices, config_dirs: Sequence[Path]) -> None:
    """Check that each part of a run has its file's name, and so that no two have one name."""
    for group, name in picked(chosen).items():
        if group in GROUPS and getattr(config, group).name != name:
            path = choices(group, config_dirs)[name]
            own = load_yaml(path).get("name")
            what = f"{show(own)} is not the file's name" if own is not None else "it has none"
            raise ConfigError(message(f"{display(path)}: name", what, f"write name: {name}"))


def picked(chosen: Choices) -> dict[str, str]:
    """The choice of every group that has one: `config.yaml`'s where none is chosen."""
    defaults = load_yaml(CONF / "config.yaml")["defaults"]
    return {
        group: str(name)
        for item in defaults
        if isinstance(item, dict)
        for group, name in item.items()
    } | dict(chosen)
