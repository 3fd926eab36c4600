"""What the model makes of a machine that was described: layout, caches, distances, clock.

The model has equal packages of equal dies of equal cores, with one thread in each; a die is the
cores behind one outermost cache, and a node of memory. What a source states beyond that is not
made up elsewhere: it is said, one sentence for each, in `remarks`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.machine_import.caches import Sizes, sizes_of
from sim.machine_import.even import even
from sim.machine_import.layout import Core, Layout, numbers
from sim.machine_import.nodes import node_distance, remarks_on_nodes
from sim.machine_import.stated import Clock, Cpus, Stated
from sim.settings import SourceKind

Floats = NDArray[np.float64]

LARGEST_LEVEL = 3
"""Caches beyond the third level are not in the model."""
LARGEST_KIB = 2**20
"""A cache of 1 GiB or more is in front of memory, not behind cores."""
MOST_DIES = 64
"""Dies in a package, as the schema of hardware.topology has it."""


@dataclass(frozen=True)
class Choices:
    """What the user chose where a description can be read in two ways."""

    keep_packages: bool = False
    nodes_as_packages: bool = False


@dataclass(frozen=True)
class Described:
    """A machine's layout, caches, distances between its packages, and clock.

    `kind` is measured for a machine that was looked at, assumed for one that was made up.
    `distance` is float[packages, packages] or None; `clock` is a stated base clock or None.
    """

    kind: SourceKind
    layout: Layout
    caches: Sizes
    distance: Floats | None
    clock: Clock | None
    remarks: tuple[str, ...] = ()
    numbered: bool = True


def describe(stated: Stated, choices: Choices | None = None) -> Described:
    """Put what is stated into the model's terms, and say what does not fit."""
    chosen = choices or Choices()
    stated, apart = _without_memory_caches(stated)
    packages, of_packages = _packages(stated, chosen)
    nested, of_dies = _dies(stated, packages)
    layout, of_layout = even(nested, chosen.keep_packages)
    sizes = sizes_of(stated, layout)
    clock, of_clock = _clock(stated, layout)
    distance, of_distance = node_distance(stated, layout)
    remarks = (
        *of_packages,
        *of_dies,
        *of_layout,
        *remarks_on_nodes(stated, layout, nodes_flag=bool(stated.packages)),
        *of_distance,
        *_threads(layout),
        *apart,
        *sizes.remarks,
        *of_clock,
        *stated.remarks,
    )
    return Described(stated.kind, layout, sizes, distance, clock, _unique(remarks), stated.numbered)


def _unique(remarks: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(remarks))


def _without_memory_caches(stated: Stated) -> tuple[Stated, tuple[str, ...]]:
    """Leave out caches of memory, and levels that the model has not."""
    kept, remarks = [], []
    for cache in stated.caches:
        if cache.kib is not None and cache.kib >= LARGEST_KIB:
            remarks.append(
                f"A cache of {cache.kib // 2**20} GiB at level {cache.level} is one of memory: "
                "not represented (--caches L1,L2,L3 gives sizes by hand)."
            )
        elif cache.level > LARGEST_LEVEL:
            size = f" of {cache.kib} KiB" if cache.kib else ""
            remarks.append(
                f"A cache{size} at level {cache.level} is not represented: the model has three."
            )
        else:
            kept.append(cache)
    return replace(stated, caches=tuple(kept)), _unique(remarks)


def _packages(stated: Stated, chosen: Choices) -> tuple[list[list[Core]], tuple[str, ...]]:
    """Group the cores by package: stated ones, else NUMA nodes, else one of all."""
    groups: list[Cpus] = list(stated.packages)
    remarks: list[str] = []
    own = [node.cpus for node in stated.nodes if node.cpus]
    of_nodes = list(dict.fromkeys(own))
    split = len(of_nodes) > 1 and sum(map(len, of_nodes)) == len(frozenset().union(*of_nodes))
    if split and chosen.nodes_as_packages:
        groups = of_nodes
        remarks.append(f"Each of the {len(groups)} NUMA nodes is a package (--nodes-as-packages).")
    elif chosen.nodes_as_packages:
        remarks.append("There are no several NUMA nodes with CPUs for --nodes-as-packages.")
    elif not groups and split:
        groups = of_nodes
        remarks.append(f"No packages are stated: each of the {len(groups)} NUMA nodes is one.")
    elif not groups:
        remarks.append("No packages are stated: all cores are in one.")
    number = {cpu: i for i, cpus in enumerate(groups) for cpu in cpus}
    members: list[list[Core]] = [[] for _ in range(len(groups) + 1)]
    for core in stated.cores:
        members[number.get(core[0], len(groups))].append(core)
    return [package for package in members if package], tuple(remarks)


def _dies(
    stated: Stated, packages: list[list[Core]]
) -> tuple[list[list[list[Core]]], tuple[str, ...]]:
    """Group each package's cores into dies.

    By the outermost cache; where no second or third level is stated, by objects of that name, then
    by NUMA nodes within the package. A cache behind a whole package, or more, makes no dies.
    """
    nodes = tuple(node.cpus for node in stated.nodes if node.cpus)
    caches = _outermost(stated)
    # A first level of one core says nothing of what cores share.
    by_cache = any(level > 1 or len(cores) > 1 for level, cores in caches.values())
    remarks: list[str] = []
    if by_cache:
        key = {core: cores for core, (_, cores) in caches.items()}
        nested = [_grouped(package, key) for package in packages]
        private = all(len(die) == 1 for package in nested for die in package)
        if private and max(map(len, packages)) > MOST_DIES:
            remarks.append(
                "No two cores share a cache, but a package has more of them than the model has "
                "dies: they are dies as stated otherwise, with one core's cache for all."
            )
        elif private and max(map(len, packages)) > 1:
            remarks.append("No two cores share a cache: each core is a die of its own.")
            return nested, tuple(remarks)
        else:
            return nested, tuple(remarks + _other_dies(stated, nested))
    for groups, name in ((stated.dies, ""), (nodes, "NUMA node")):
        key = _by_group(stated.cores, groups)
        nested = [_grouped(package, key) for package in packages]
        if any(len(package) > 1 for package in nested):
            if name:
                remarks.append(f"No caches and no dies are stated: each {name} is a die.")
            return nested, tuple(remarks)
    if not by_cache and max(map(len, packages)) > 1:
        remarks.append("What cores share is not stated: the cores of a package are one die.")
    return [[package] for package in packages], tuple(remarks)


def _other_dies(stated: Stated, nested: list[list[list[Core]]]) -> list[str]:
    """Say so if objects called dies are not the dies that share a cache."""
    dies = [frozenset(cpu for core in die for cpu in core) for package in nested for die in package]
    stated_dies = len(stated.dies)
    if stated_dies and len(dies) < stated_dies:
        return [
            f"{stated_dies} dies are stated, but their cores share {len(dies)} outermost "
            f"cache{'s' * (len(dies) > 1)}: the model's dies are those that share one."
        ]
    return []


def _outermost(stated: Stated) -> dict[Core, tuple[int, tuple[Core, ...]]]:
    """Find each core's outermost cache: its level, and the cores behind it."""
    largest: dict[int, tuple[int, int, Cpus]] = {}
    for cache in stated.caches:
        for cpu in cache.cpus:
            candidate = (cache.level, len(cache.cpus), cache.cpus)
            if cpu not in largest or candidate[:2] > largest[cpu][:2]:
                largest[cpu] = candidate
    core_of = {cpu: core for core in stated.cores for cpu in core}
    found: dict[Core, tuple[int, tuple[Core, ...]]] = {}
    behind: dict[Cpus, tuple[Core, ...]] = {}
    for core in stated.cores:
        if core[0] not in largest:
            continue
        level, _, cpus = largest[core[0]]
        if cpus not in behind:
            cores = {core_of[cpu] for cpu in cpus if cpu in core_of}
            behind[cpus] = tuple(sorted(cores))
        found[core] = (level, behind[cpus])
    return found


def _by_group(cores: tuple[Core, ...], groups: tuple[Cpus, ...]) -> dict[Core, tuple[Core, ...]]:
    """Map each core to the smallest group that it is in."""
    core_of = {core[0]: core for core in cores}
    found: dict[Core, tuple[Core, ...]] = {}
    for cpus in sorted(groups, key=len, reverse=True):
        inside = tuple(sorted(core_of[cpu] for cpu in cpus if cpu in core_of))
        found |= dict.fromkeys(inside, inside)
    return found


def _grouped(package: list[Core], key: dict[Core, tuple[Core, ...]]) -> list[list[Core]]:
    """Split a package by keys; cores without one are a group."""
    groups: dict[tuple[Core, ...], list[Core]] = {}
    for core in package:
        groups.setdefault(key.get(core, ()), []).append(core)
    return list(groups.values())


def _threads(layout: Layout) -> tuple[str, ...]:
    """Say that hardware threads are not in the model."""
    most = layout.threads_per_core
    if most == 1:
        return ()
    count = Counter(len(core) for core in (*layout.cores, *layout.left_out))
    shown = ", ".join(
        f"{cores} core{'s' * (cores > 1)} with {threads}"
        for threads, cores in sorted(count.items(), reverse=True)
    )
    return (
        f"Hardware threads ({shown}) are not represented: each core counts once, under its first "
        "CPU number.",
    )


def _clock(stated: Stated, layout: Layout) -> tuple[Clock | None, tuple[str, ...]]:
    """Choose the base clock of the most cores; a largest clock alone is none."""
    cpus = {core[0] for core in layout.cores}
    weight = [len(cpus if clock.cpus is None else cpus & clock.cpus) for clock in stated.clocks]
    count: Counter[float] = Counter()
    for clock, cores in zip(stated.clocks, weight, strict=True):
        count[clock.ghz] += cores
    count = +count
    if not count:
        if stated.fastest_mhz is None:
            return None, ()
        return None, (
            f"Only the largest clock is stated, {stated.fastest_mhz:g} MHz, which is not the clock "
            "under load: not used (--clock-ghz).",
        )
    ghz = max(count, key=lambda value: count[value])
    remarks: tuple[str, ...] = ()
    if len(count) > 1:
        others = ", ".join(
            f"{n} of {value:g} GHz" for value, n in sorted(count.items()) if value != ghz
        )
        remarks = (
            f"Cores have unlike base clocks: all have {ghz:g} GHz here, and {others} do not "
            "(topology.core_speeds in the file can say so).",
        )
    return next(clock for clock in stated.clocks if clock.ghz == ghz), remarks


def listed(cores: Iterable[Core]) -> str:
    """Name cores by their first CPU: `CPU 3`, `CPUs 0..5 12`."""
    found = tuple(cores)
    return f"CPU{'s' * (len(found) > 1)} {numbers(found)}"
