"""Kernels beside those of an experiment: `also=[linux_mine]` draws one's own in published figures.

A curve is added for each setting of machine and workload that the experiment's curves have, run
as they are but on the kernel that is named:

    stock     kernel=linux_stock
    no_lists  kernel=linux_pk kernel.fix.open_file_list=false    -->   linux_mine  kernel=linux_mine
    pk        kernel=linux_pk

Where results of another experiment are reused, those of the curve that was added there are. What
was there stays as it is: claims and published points belong to the experiment's own curves, and
nothing is added where a workload depends on nothing of the kernel, or the kernel cannot run it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.config.compose import compose
from sim.config.errors import ConfigError, message, show, suggestion
from sim.config.files import choices
from sim.config.overrides import key_of
from sim.experiment.assumptions import felt_parts
from sim.experiment.fields import fields_of
from sim.experiment.file import Curve, Experiment, Joined

KERNEL = "kernel"
Read = Callable[[str], Experiment]
"""Reads another experiment, with the same kernels joined."""


@dataclass
class _Setting:
    """What some curves of an experiment run in common, whatever their kernels."""

    case: str
    words: tuple[str, ...]
    curves: list[Curve] = field(default_factory=list)

    @property
    def pattern(self) -> Curve:
        """The curve that an added one stands beside: the last whose kernel is as its file says."""
        plain = [curve for curve in self.curves if not _changes(curve)]
        return (plain or self.curves)[-1]


def check(kernels: Sequence[str], origin: str, config_dirs: Sequence[Path]) -> None:
    """Check that kernels exist, and that results can be named after them.

    Raises:
        ConfigError: with the nearest name.
    """
    known = choices(KERNEL, config_dirs)
    for name in kernels:
        if name not in known:
            what, see = f"no kernel called {show(name)}", "see: python -m sim list kernel"
            raise ConfigError(message(origin, what, suggestion(name, known), see))


def require(experiments: Sequence[Experiment], kernels: Sequence[str]) -> None:
    """Check that each kernel joins the curves of some experiment.

    Raises:
        ConfigError: one joins none.
    """
    there = {added.kernel for experiment in experiments for added in experiment.joined.values()}
    for kernel in kernels:
        if experiments and kernel not in there:
            names = ", ".join(experiment.name for experiment in experiments)
            raise ConfigError(
                message(
                    f"also=[{kernel}]",
                    f"no curve to add in {names}",
                    "their workloads depend on nothing of a kernel, this one cannot run them, or "
                    "it is among their kernels",
                )
            )


def join(
    experiment: Experiment, kernels: Sequence[str], read: Read, config_dirs: Sequence[Path]
) -> Experiment:
    """Return the experiment with a curve of each kernel where it makes a difference.

    Raises:
        ConfigError: a kernel's file is wrong.
    """
    ids = {curve.id for curve in experiment.curves}
    curves: list[Curve] = []
    joined: dict[str, Joined] = {}
    for kernel in dict.fromkeys(kernels):
        there = list(_reused(experiment, kernel, read))
        taken = {curve.case for curve, _ in there} - {""}
        for curve, beside in [*_run(experiment, kernel, taken, config_dirs), *there]:
            if curve.id in ids:
                curve = curve.model_copy(update={"id": f"{kernel}_as_{beside[-1]}"})
            ids.add(curve.id)
            curves.append(curve)
            joined[curve.id] = Joined(kernel, beside)
    designs = dict.fromkeys(curve.design for curve in curves)
    views = [_with_designs(view, list(designs)) for view in experiment.views]
    whole = experiment.model_copy(update={"curves": [*experiment.curves, *curves], "views": views})
    return whole.read_with(tuple(dict.fromkeys(kernels)), joined)


def _run(
    experiment: Experiment, kernel: str, taken: Set[str], config_dirs: Sequence[Path]
) -> Iterator[tuple[Curve, tuple[str, ...]]]:
    """Yield curves that run, each with the ids of those that it stands beside.

    Args:
        taken: cases that have one already, whose results are reused.
    """
    settings = [
        setting
        for setting in _settings(experiment)
        if setting.case not in taken
        if not any(_is_plainly(kernel, curve, experiment) for curve in setting.curves)
        if _matters(experiment, setting, kernel, config_dirs)
    ]
    cases = [setting.case for setting in settings]
    for setting in settings:
        pattern = setting.pattern
        alone = cases.count(setting.case) == 1
        name = kernel if len(settings) == 1 else f"{kernel}_as_{pattern.id}"
        changes = {
            "id": name,
            "label": kernel if alone else _label(kernel, setting, settings),
            "design": kernel if alone else name,
            "overrides": [*setting.words, f"{KERNEL}={kernel}"],
        }
        yield pattern.model_copy(update=changes), tuple(curve.id for curve in setting.curves)


def _reused(
    experiment: Experiment, kernel: str, read: Read
) -> Iterator[tuple[Curve, tuple[str, ...]]]:
    """Yield curves that take results of those added elsewhere: of each case, beside its last."""
    found: dict[str, Curve] = {}
    beside: dict[str, list[str]] = {}
    for curve in (curve for curve in experiment.curves if curve.of):
        source = read(curve.source[0])
        for added in source.curves:
            there = source.joined.get(added.id)
            if added.of or there is None or there.kernel != kernel:
                continue
            if curve.source[1] in there.beside:
                place = curve.case or source.name
                beside.setdefault(place, []).append(curve.id)
                changes = {
                    "id": f"{kernel}_as_{curve.id}",
                    "label": kernel if curve.case else added.label,
                    "design": kernel if curve.case else f"{kernel}_as_{curve.id}",
                    "of": f"{source.name}/{added.id}",
                }
                found[place] = curve.model_copy(update=changes)
    for place, curve in found.items():
        yield curve, tuple(beside[place])


def _settings(experiment: Experiment) -> list[_Setting]:
    """What the curves of an experiment run, kernels apart, in the order of the file."""
    found: dict[tuple[str, tuple[str, ...]], _Setting] = {}
    for curve in experiment.curves:
        if not curve.of:
            words = tuple(text for text in curve.overrides if not _of_kernel(text))
            place = (curve.case, tuple(sorted(words)))
            found.setdefault(place, _Setting(curve.case, words)).curves.append(curve)
    return list(found.values())


def _matters(
    experiment: Experiment, setting: _Setting, kernel: str, config_dirs: Sequence[Path]
) -> bool:
    """Whether a setting depends on the kernel, and the kernel can run it.

    Raises:
        ConfigError: the kernel's file is wrong, whatever it runs.
    """
    cores = experiment.cores
    words = [*experiment.base, *([f"cores={cores}"] if cores else ()), *experiment.overrides]
    try:
        config = compose([*words, *setting.words, f"{KERNEL}={kernel}"], config_dirs)
    except ConfigError:
        compose([f"{KERNEL}={kernel}"], config_dirs)  # its own faults are said
        return False
    return bool(felt_parts(config))


def _label(kernel: str, setting: _Setting, settings: Sequence[_Setting]) -> str:
    """Name a curve in figures by what it alone has among those of its case."""
    others = [one for one in settings if one.case == setting.case]
    common = set.intersection(*(set(one.words) for one in others))
    own = [text.rpartition("=") for text in setting.words if text not in common]
    said = ", ".join(f"{key.rpartition('.')[2]}={value}" for key, _, value in own)
    return f"{kernel}, {said}" if said else kernel


def _with_designs(view: Any, designs: Sequence[str]) -> Any:
    """A view whose lists of designs go on with those that were added."""
    lists = {
        name: [*value, *(design for design in designs if design not in value)]
        for name, names in fields_of(type(view))
        if names.thing == "design" and isinstance(value := getattr(view, name), list)
    }
    return view.model_copy(update=lists) if lists else view


def _of_kernel(text: str) -> bool:
    """Whether an override is about a kernel or its objects, rather than about what runs on it."""
    return key_of(text).partition(".")[0] in (KERNEL, "free", "slow")


def _changes(curve: Curve) -> bool:
    """Whether a curve changes something of the kernel that it chooses."""
    return any(_of_kernel(text) and key_of(text) != KERNEL for text in curve.overrides)


def _is_plainly(kernel: str, curve: Curve, experiment: Experiment) -> bool:
    """Whether a curve is that of a kernel already."""
    return experiment.kernels.get(curve.id) == kernel and not _changes(curve)
