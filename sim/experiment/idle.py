"""Numbers of a kernel object that its strategy has no use for, though another one would.

A kernel's table has the numbers of all strategies of an object, so that a strategy can be chosen by
one word. Whoever sets a number of one that is not chosen expects another result, and is told. Which
strategy uses a number is seen in the programs that it makes: they change with the number, or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sim.config.defaults import built_on
from sim.config.files import choices, load_yaml
from sim.config.keys import keys, shape_of
from sim.config.run import RunConfig
from sim.config.sources import written
from sim.experiment.assumptions import few_cores, of_ones
from sim.extensions import OwnFileError
from sim.kernel.table import NUMBERS, OBJECTS, strategies_of

TRIED = (2, 1000, 0.5)
"""Values that a number gets in the place of 1: one of them is within its bounds and changes it."""


def users_of(config: RunConfig, key: str) -> tuple[str, ...]:
    """Strategies that use a number of an object, if the one that the run chooses does not.

    Args:
        config: a run.
        key: of any setting; a number of an object that has strategies is looked at.

    Returns:
        names of strategies; none for another setting, a number that the chosen one uses, or one
        that nothing in the run's workload uses.
    """
    place = key.removeprefix("kernel.objects.")
    of, _, name = place.rpartition(".")
    chosen = _chosen(config, of) if place != key else None
    if chosen is None or name == OBJECTS[of].choice or not _is_number(config, key):
        return ()
    if _uses(config, of, chosen, name):
        return ()
    return tuple(other for other in strategies_of(of) if _uses(config, of, other, name))


def own_numbers(kernel: str, config_dirs: Sequence[Path]) -> Iterator[str]:
    """Yield the numbers of objects that a kernel's file sets otherwise than what it builds on."""
    *before, own = [load_yaml(file) for file in built_on("kernel", kernel, config_dirs)]
    values = {key: value for content in before for key, value in written(content)}
    optional = {
        f"objects.{key}.{name}" for (key, _), m in NUMBERS.items() for name in m.model_fields
    }
    for key, value in written(own):
        changes = key in values and values[key] != value
        if key.startswith("objects.") and (changes or key in optional):
            yield f"kernel.{key}"


def remarks(
    configs: Sequence[RunConfig], given: Sequence[str], config_dirs: Sequence[Path]
) -> Iterator[str]:
    """Say which numbers have no effect, because their object has another strategy.

    Args:
        configs: runs; a number that one of them uses is not remarked upon.
        given: keys of overrides.
        config_dirs: the user's own folders.
    """
    known = choices("kernel", config_dirs)
    kernels = dict.fromkeys(config.kernel.name for config in configs)
    own = [key for name in kernels if name in known for key in own_numbers(name, config_dirs)]
    for key in dict.fromkeys((*given, *own)):
        if not key.startswith("kernel.objects."):
            continue
        found = [users_of(config, key) for config in configs]
        if found and all(found):
            place = key.rpartition(".")[0]
            choice = f"{place}.{OBJECTS[place.removeprefix('kernel.objects.')].choice}"
            able = " or ".join(f"{choice}={name}" for name in found[0])
            yield f"{key}: changes nothing; it is a number of {able}"


def _chosen(config: RunConfig, of: str) -> str | None:
    """The strategy of an object; None if the kernel has no such object, or it has but one way."""
    line: Any = config.kernel.objects
    for name in of.split("."):
        line = getattr(line, name, None)
    if line is None or of not in OBJECTS or not strategies_of(of):
        return None
    return str(getattr(line, line.choice))


def _is_number(config: RunConfig, key: str) -> bool:
    known = keys(shape_of(config)).get(key)
    return known is not None and known.is_leaf and known.allowed.startswith(("integer", "number"))


def _uses(config: RunConfig, of: str, strategy: str, name: str) -> bool:
    """Whether a run's program changes with a number of an object that has some strategy."""
    ones = dict.fromkeys(NUMBERS[of, strategy].model_fields, 1) if (of, strategy) in NUMBERS else {}
    base = of_ones(config.kernel)
    changes = {OBJECTS[of].choice: strategy, **ones}
    first = _program(config, _with(base, of, {**changes, name: 1}))
    return any(
        _program(config, _with(base, of, {**changes, name: value})) != first for value in TRIED
    )


def _with(kernel: Any, of: str, changes: dict[str, Any]) -> Any:
    """A kernel's table with changes of one object."""

    def changed(part: Any, path: Sequence[str]) -> Any:
        if not path:
            return part.model_copy(update=changes)
        return part.model_copy(update={path[0]: changed(getattr(part, path[0]), path[1:])})

    return changed(kernel, ["objects", *of.split(".")])


def _program(config: RunConfig, kernel: Any) -> str:
    """What a run's program is made of, as text; empty if it cannot be made."""
    from sim.lowering import lowered
    from sim.machine.site import open_site  # what makes programs loads numpy

    cores = few_cores(config)
    try:
        site = open_site(config.hardware, cores, config.core_order, config.workload.work_ghz)
        program, _ = lowered(config.model_copy(update={"kernel": kernel}), site)
    except (ValueError, MemoryError, OwnFileError, TypeError):
        return ""
    parts = program.instructions, program.regions, program.homes, program.servers
    return repr([*parts, sorted(program.exchanges)])
