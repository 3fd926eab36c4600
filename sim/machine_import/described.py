"""What hwloc says of a machine: its objects as a tree, and the layout and caches that they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.config.errors import ConfigError, message
from sim.machine_import.layout import Core, Layout, regular
from sim.settings import SourceKind

Floats = NDArray[np.float64]

MOST_CPUS = 16_384


@dataclass(eq=False)
class Thing:
    """One object of hwloc's tree: `package`, `numa`, `core`, `pu`, `l1` .. `l5`, or another."""

    kind: str
    number: int | None = None
    cache_kib: int | None = None
    children: list[Thing] = field(default_factory=list)

    def walk(self, above: tuple[Thing, ...] = ()) -> Iterator[tuple[Thing, tuple[Thing, ...]]]:
        """Yield every object with those above it, outermost first, in document order."""
        waiting = [(self, above)]
        while waiting:
            thing, over = waiting.pop()
            yield thing, over
            waiting += [(child, (*over, thing)) for child in reversed(thing.children)]


@dataclass(frozen=True)
class Described:
    """A machine's layout, its caches in KiB by level, and distances between its NUMA nodes.

    `kind` is measured for a machine that was looked at, assumed for one that was made up.
    """

    kind: SourceKind
    layout: Layout
    caches_kib: dict[str, int]
    distance: Floats | None


def describe(root: Thing, distance: Floats | None, kind: SourceKind, origin: str) -> Described:
    """Read the layout off a tree of objects.

    A die is the cores behind one outermost shared cache, as the model has it; where cores share no
    cache, the package. A machine without packages is one.

    Raises:
        ConfigError: if there are no CPUs, or too many.
    """
    threads: dict[int, list[int]] = {}
    above: dict[int, tuple[Thing, ...]] = {}
    for thing, over in root.walk():
        if thing.kind != "pu":
            continue
        core = next((t for t in reversed(over) if t.kind == "core"), thing)
        number = thing.number if thing.number is not None else sum(map(len, threads.values()))
        threads.setdefault(id(core), []).append(number)
        above[id(core)] = over
    _check_cpus([cpu for core in threads.values() for cpu in core], origin)
    cores: dict[int, Core] = {key: tuple(sorted(cpus)) for key, cpus in threads.items()}
    shared = _shared_caches(above)
    packages: dict[int, dict[int, list[Core]]] = {}
    for key, core_threads in cores.items():
        over = above[key]
        package = next((t for t in over if t.kind == "package"), root)
        inside = over[over.index(package) + 1 :] if package in over else over
        die = next((t for t in inside if id(t) in shared), package)
        packages.setdefault(id(package), {}).setdefault(id(die), []).append(core_threads)
    layout = regular([list(dies.values()) for dies in packages.values()])
    first = next(key for key, threads_ in cores.items() if threads_ in layout.cores)
    caches = {t.kind: t.cache_kib for t in above[first] if t.cache_kib}
    fits = distance is not None and len(distance) == len(layout.packages)
    return Described(kind, layout, caches, distance if fits else None)


def _shared_caches(above: dict[int, tuple[Thing, ...]]) -> set[int]:
    """Find the caches that more than one core is behind."""
    behind: dict[int, int] = {}
    for over in above.values():
        for thing in over:
            if thing.kind in CACHES:
                behind[id(thing)] = behind.get(id(thing), 0) + 1
    return {key for key, cores in behind.items() if cores > 1}


CACHES = ("l1", "l2", "l3", "l4", "l5")


def _check_cpus(cpus: list[int], origin: str) -> None:
    if not cpus:
        raise ConfigError(message(origin, "describes no CPUs (objects of type PU)"))
    if len(cpus) > MOST_CPUS:
        raise ConfigError(message(origin, f"{len(cpus)} CPUs", f"allowed: up to {MOST_CPUS}"))
    if len(set(cpus)) < len(cpus):
        twice = next(cpu for cpu in cpus if cpus.count(cpu) > 1)
        raise ConfigError(message(origin, f"CPU {twice} stands twice"))
