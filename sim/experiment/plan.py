"""The plan of an experiment: its curves, each with the command that reproduces it.

Hydra decides what runs, Snakemake decides when: the Snakefile, `python -m sim run experiment=...`
and the tests all ask here. A curve is one job with all its core counts, axes and sensitivity
variants inside. Its hash covers what was resolved, not how it was written: comments, sources and
labels do not count.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sim.config.compose import compose_assignments
from sim.config.errors import ConfigError, message, show, suggestion
from sim.config.files import choices, display, load_yaml, made_once, unchanging, without
from sim.config.keys import keys, shape_of
from sim.config.overrides import Assignment, parse
from sim.config.run import RunConfig
from sim.config.validation import validate
from sim.experiment import calibrations, joined, named, papers, references
from sim.experiment.assumptions import relevant
from sim.experiment.file import (
    Curve,
    Experiment,
)
from sim.experiment.variants import (
    Variant,
    axis_variants,
    sensitivity_variants,
    toggle_variants,
    what_if_variants,
)


@dataclass(frozen=True)
class PlannedCurve:
    """One job: a curve, what it runs, and the overrides that reproduce it.

    `of` names the (experiment, curve) whose results it takes instead of running; else empty.
    `layers` are all overrides that made the configuration, the file's own included.

    `overrides` are pasted after `python -m sim run`; `config_hash` is the sha256 of the resolved
    configuration with its variants, without sources and labels.
    """

    id: str
    label: str
    overrides: tuple[str, ...]
    config: RunConfig
    config_hash: str
    variants: list[Variant]
    of: tuple[str, str] = ("", "")
    layers: tuple[Assignment, ...] = ()

    @property
    def arguments(self) -> str:
        """The overrides quoted for a shell."""
        return shlex.join(self.overrides)


@dataclass(frozen=True)
class Plan:
    """An experiment and its curves in the file's order."""

    experiment: Experiment
    curves: list[PlannedCurve]

    def curve(self, name: str, origin: str | None = None) -> PlannedCurve:
        """Find a curve by its id."""
        for curve in self.curves:
            if curve.id == name:
                return curve
        raise ConfigError(
            message(
                origin or f"curve={name}",
                f"no curve called {show(name)} in {self.experiment.name}",
                suggestion(name, [curve.id for curve in self.curves]),
            )
        )


# --- experiments ---------------------------------------------------------------------------


def experiments(config_dirs: Sequence[Path] = ()) -> dict[str, Path]:
    """List the experiments by name, with their files."""
    return choices("experiment", config_dirs)


def keep() -> None:
    """Have experiments and what checks runs in this process, for those that are forked from it.

    What is wrong with a file is said by whoever needs it.
    """
    with contextlib.suppress(ConfigError), unchanging():
        compose_assignments([])
        for name in experiments():
            with contextlib.suppress(ConfigError):
                load_experiment(name)


@unchanging()
def load_experiment(
    name: str, config_dirs: Sequence[Path] = (), also: Sequence[str] = ()
) -> Experiment:
    """Read and check one experiment's file: its form, what it names, and its published numbers.

    Args:
        also: kernels that join those of the file (`sim.experiment.joined`).
    """
    experiment = _read(name, config_dirs, also)
    sources = [_source(experiment, curve, config_dirs) for curve in experiment.curves]
    locate = _locator(experiment.name, config_dirs)
    named.check(experiment, sources, locate, config_dirs)
    references.require(experiment, locate, config_dirs)
    papers.load(experiment.paper, config_dirs, locate("paper"))
    calibrations.of_experiment(experiment, locate)
    return experiment


def _locator(name: str, config_dirs: Sequence[Path]) -> Callable[[str], str]:
    """Say where a key of an experiment stands, for messages."""
    file = display(experiments(config_dirs)[name])
    return lambda key: f"{file}: {key}" if key else file


def _read(name: str, config_dirs: Sequence[Path], also: Sequence[str] = ()) -> Experiment:
    """Read an experiment's file and check its form alone."""
    if not also:
        return _read_alone(name, config_dirs)
    given = name, tuple(config_dirs), tuple(also)
    return made_once((_read_joined, *given), lambda: _read_joined(*given))


def _read_joined(name: str, config_dirs: tuple[Path, ...], also: tuple[str, ...]) -> Experiment:
    """Read an experiment's file, and let kernels join those that it has."""
    joined.check(also, f"also=[{','.join(also)}]", config_dirs)
    return joined.join(
        _read_alone(name, config_dirs),
        also,
        lambda other: _read(other, config_dirs, also),
        config_dirs,
    )


def _read_alone(name: str, config_dirs: Sequence[Path]) -> Experiment:
    available = experiments(config_dirs)
    if name not in available:
        raise ConfigError(
            message(
                f"experiment={name}",
                f"no experiment called {show(name)}",
                suggestion(name, available),
                "see: python -m sim list experiment",
                *without("experiment", config_dirs),
            )
        )
    locate = _locator(name, config_dirs)
    experiment = validate(Experiment, load_yaml(available[name]), locate)
    if experiment.name != name:
        raise ConfigError(
            message(
                locate("name"),
                f"{show(experiment.name)} does not match the file's path",
                f"allowed: {name}",
            )
        )
    return experiment.read_beside(config_dirs)


# --- plans ---------------------------------------------------------------------------------


def plan(
    experiment: str,
    overrides: Sequence[str] = (),
    config_dirs: Sequence[Path] = (),
    also: Sequence[str] = (),
) -> Plan:
    """Plan one experiment with the user's overrides appended.

    Raises ConfigError when an override fits none of its curves, or no kernel joins them.
    """
    return plan_all([experiment], overrides, config_dirs, also)[0]


def plan_all(
    names: Sequence[str],
    overrides: Sequence[str] = (),
    config_dirs: Sequence[Path] = (),
    also: Sequence[str] = (),
) -> list[Plan]:
    """Plan several experiments with the same overrides, and the same kernels beside theirs.

    An override applies to the curves that have its key. One that no curve has is an error, and so
    is one of a group or key that the curves themselves choose, or a kernel that joins no curves.
    """
    with unchanging():
        user = [parse(text) for text in overrides]
        loaded = [load_experiment(name, config_dirs, also) for name in names]
        joined.require(loaded, also)
        unused = set(range(len(user)))
        plans = []
        for experiment in loaded:
            plan, used = _plan(experiment, user, config_dirs)
            plans.append(plan)
            unused -= used
        if loaded and unused:
            _explain_unused(user[min(unused)], loaded, config_dirs)
        return plans


def plan_one_of_several(
    name: str,
    overrides: Sequence[str],
    config_dirs: Sequence[Path] = (),
    also: Sequence[str] = (),
) -> Plan:
    """Plan one experiment as `plan_all` has planned it among others, which the overrides may fit.

    Nothing is said about overrides that fit no curve: `plan_all` did.
    """
    with unchanging():
        plan, _ = _plan(
            load_experiment(name, config_dirs, also),
            [parse(text) for text in overrides],
            config_dirs,
        )
        return plan


def _plan(
    experiment: Experiment, user: Sequence[Assignment], config_dirs: Sequence[Path]
) -> tuple[Plan, set[int]]:
    """Plan one experiment; say which of the user's overrides one of its curves has the key of."""
    curves = []
    used: set[int] = set()
    for curve in experiment.curves:
        source, original = _source(experiment, curve, config_dirs)
        applied = _applicable(source, original, user, config_dirs)
        used |= set(applied)
        chosen = [user[index] for index in applied]
        planned = _planned(source, original, chosen, config_dirs)
        curves.append(replace(planned, id=curve.id, label=curve.label, of=curve.source))
    if not any(item.key.split(".")[0] in ("cores", "hardware") for item in user):
        _check_cores(experiment, curves, config_dirs)
    return Plan(experiment, curves), used


def _check_cores(
    experiment: Experiment, curves: Sequence[PlannedCurve], config_dirs: Sequence[Path]
) -> None:
    """Check the core counts that an experiment names, where the user has not changed them."""
    counts = [
        frozenset(curve.config.core_counts).union(
            *(variant.config.core_counts for variant in curve.variants)
        )
        for curve in curves
    ]
    found = list(zip(experiment.curves, counts, strict=True))
    named.check_cores(experiment, found, _locator(experiment.name, config_dirs))


@unchanging()
def plan_curve(
    experiment: str,
    curve: str,
    overrides: Sequence[str] = (),
    config_dirs: Sequence[Path] = (),
    also: Sequence[str] = (),
) -> PlannedCurve:
    """Plan one curve of an experiment; every override must fit it."""
    user = [parse(text) for text in overrides]
    loaded = load_experiment(experiment, config_dirs, also)
    for candidate in loaded.curves:
        if candidate.id == curve:
            source, original = _source(loaded, candidate, config_dirs)
            _applicable(source, original, user, config_dirs)
            planned = _planned(source, original, user, config_dirs)
            return replace(planned, id=candidate.id, label=candidate.label, of=candidate.source)
    raise ConfigError(
        message(
            f"curve={curve}",
            f"no curve called {show(curve)} in {experiment}",
            suggestion(curve, [candidate.id for candidate in loaded.curves]),
        )
    )


def _source(
    experiment: Experiment, curve: Curve, config_dirs: Sequence[Path]
) -> tuple[Experiment, Curve]:
    """Find the experiment and curve whose results a curve takes: its own, or those of `of`."""
    if not curve.of:
        return experiment, curve
    file = display(experiments(config_dirs)[experiment.name])
    name, wanted = curve.source
    origin = f"{file}: curves.{curve.id}.of={curve.of}"
    known = experiments(config_dirs)
    if name not in known:
        raise ConfigError(
            message(origin, f"no experiment called {show(name)}", suggestion(name, known))
        )
    source = _read(name, config_dirs, experiment.also)
    ids = [candidate.id for candidate in source.curves if not candidate.of]
    if wanted not in ids:
        raise ConfigError(
            message(origin, f"{name} runs no curve {show(wanted)}", suggestion(wanted, ids))
        )
    return source, next(candidate for candidate in source.curves if candidate.id == wanted)


def layers_of(
    experiment: Experiment, curve: str, config_dirs: Sequence[Path] = ()
) -> list[Assignment]:
    """All overrides that an experiment's files make one of its curves with, the curve's own last.

    Args:
        curve: its id.
    """
    own = next(one for one in experiment.curves if one.id == curve)
    common, particular = _layers(*_source(experiment, own, config_dirs), config_dirs)
    return [*common, *particular]


def _layers(
    experiment: Experiment, curve: Curve, config_dirs: Sequence[Path]
) -> tuple[list[Assignment], list[Assignment]]:
    """Read the file's own overrides: those of all curves, and those of this curve."""
    file = display(experiments(config_dirs)[experiment.name])

    def read(section: str, texts: Sequence[str]) -> list[Assignment]:
        return [parse(text, f"{file}: {section}: {text}") for text in texts]

    common = read("base", experiment.base)
    cores = experiment.axes.get("cores")
    if cores is not None:
        common.append(Assignment(f"cores={cores}", f"{file}: axes.cores", "cores", cores))
    common += read("overrides", experiment.overrides)
    return common, read(f"curves.{curve.id}", curve.overrides)


def _applicable(
    experiment: Experiment,
    curve: Curve,
    user: Sequence[Assignment],
    config_dirs: Sequence[Path],
) -> list[int]:
    """Number the user's overrides that fit a curve; refuse what the experiment itself chooses."""
    common, own = _layers(experiment, curve, config_dirs)
    for assignment in user:
        chosen = [item for item in own if item.key == assignment.key]
        chosen += [item for item in common if item.key == assignment.key == "workload"]
        if chosen or (assignment.key != "cores" and assignment.key in experiment.axes):
            what = chosen[-1].text if chosen else f"axes.{assignment.key}"
            raise ConfigError(
                message(
                    assignment.origin,
                    f"{assignment.key} is chosen by {experiment.name} itself (curve {curve.id}: "
                    f"{what})",
                    *_instead(experiment, assignment),
                )
            )
    choosing = [assignment for assignment in user if assignment.is_choice]
    shape = shape_of(compose_assignments([*common, *own, *choosing], config_dirs))
    return [
        index
        for index, assignment in enumerate(user)
        if assignment.is_choice or assignment.key in keys(shape)
    ]


def _instead(experiment: Experiment, assignment: Assignment) -> Iterator[str]:
    """What else can be done with an override that an experiment chooses itself."""
    if assignment.key == "kernel" and assignment.value not in experiment.kernels.values():
        yield f"to draw it beside the others: also=[{assignment.value}]"
    yield (
        f'leave it out: exclude=["{experiment.name}"], or run without it: '
        f"python -m sim run {shlex.quote(assignment.text)}"
    )


def _explain_unused(
    assignment: Assignment, loaded: Sequence[Experiment], config_dirs: Sequence[Path]
) -> None:
    """Raise the error of an override that fits no curve, as its first curve sees it."""
    experiment = loaded[0]
    common, own = _layers(experiment, experiment.curves[0], config_dirs)
    try:
        compose_assignments([*common, *own, assignment], config_dirs)
    except ConfigError as error:
        names = ", ".join(item.name for item in loaded)
        raise ConfigError(f"{error}\n  none of the curves of {names} has it") from None


def _planned(
    experiment: Experiment,
    curve: Curve,
    user: Sequence[Assignment],
    config_dirs: Sequence[Path],
) -> PlannedCurve:
    common, own = _layers(experiment, curve, config_dirs)
    layers = [*common, *own, *user]
    config = compose_assignments(layers, config_dirs)
    asks_itself = any(assignment.key == "free" for assignment in user)
    variants = [
        *axis_variants(experiment, config, layers, config_dirs),
        *sensitivity_variants(experiment, curve, config, layers, config_dirs),
        *toggle_variants(experiment, config, layers, config_dirs),
        *([] if asks_itself else what_if_variants(experiment, curve, config, layers, config_dirs)),
    ]
    folders = [text for path in config_dirs for text in ("--config-dir", str(path))]
    return PlannedCurve(
        id=curve.id,
        label=curve.label,
        overrides=(
            *folders,
            f"experiment={experiment.name}",
            f"curve={curve.id}",
            *(
                [f"also=[{experiment.joined[curve.id].kernel}]"]
                if curve.id in experiment.joined
                else ()
            ),
            *(assignment.text for assignment in user),
        ),
        config=config,
        config_hash=config_hash(curve.id, config, variants),
        variants=variants,
        layers=tuple(layers),
    )


def config_hash(curve: str, config: RunConfig, variants: Sequence[Variant] = ()) -> str:
    """Hash what a curve runs: sha256 of the resolved settings with variants, without sources."""
    content = {
        "curve": curve,
        "config": relevant(config),
        "variants": [[variant.id, relevant(variant.config)] for variant in variants],
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
