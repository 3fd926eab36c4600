"""Packages and dies, found in nothing but latencies.

The nested groups of cores are taken as dies and packages: the coarsest as packages, and of the
finer ones that which explains the latencies best as dies. Latencies alone cannot tell whether one
level of groups is packages or dies of one package; the caller may say how many packages there are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.config.errors import ConfigError, message
from sim.machine_import.layout import Core, Layout, regular
from sim.machine_import.nested_groups import Partition, levels
from sim.machine_import.siblings import between_cores, cores_of

Floats = NDArray[np.float64]

# Of the cores; a level that holds fewer in equal groups is none.
LEAST_SHARE_KEPT = 0.75


def find_layout(
    latencies: Floats, clock_ghz: float, packages: int | None, smt: bool, origin: str
) -> Layout:
    """Find the layout that latencies between CPUs show.

    Args:
        latencies: float[cpus, cpus] in ns, symmetric, NaN where nothing was measured.
        clock_ghz: the clock of the cores, to recognise threads of one core.
        packages: number of packages, if it is known.
        smt: whether cores may have two threads.
        origin: what errors begin with.

    Raises:
        ConfigError: if no level of groups is as many packages.
    """
    found = levels(latencies) if smt else []
    cores = cores_of(latencies, found[0] if found else None, clock_ghz)
    apart = between_cores(latencies, cores)
    groups = [completed(partition) for partition in levels(apart)]
    groups = [g for g in groups if _kept(g) >= LEAST_SHARE_KEPT]
    everything = [list(range(len(cores)))]
    if packages is None:
        outer = groups[-1] if groups else everything
    elif packages == 1:
        outer = everything
    else:
        fitting = [g for g in groups if len(g) == packages]
        if not fitting:
            sizes = sorted({1, *(len(g) for g in groups)})
            raise ConfigError(
                message(
                    origin,
                    f"the latencies show no {packages} equal groups of cores",
                    f"allowed: {', '.join(map(str, sizes))}",
                )
            )
        outer = fitting[-1]
    finer = [g for g in groups if len(g) > len(outer)]
    candidates = [_layout(cores, outer, inner) for inner in (outer, *finer)]
    return min(candidates, key=lambda layout: _unexplained(latencies, layout))


def completed(partition: Partition) -> Partition:
    """Join what is left over into one group, if it is just as large as the largest ones.

    The word that was measured has a home node. In its package the ways are short; elsewhere all go
    by it, so that a package without it may look like no group at all.
    """
    size = max(len(group) for group in partition)
    rest = sorted(cpu for group in partition if len(group) < size for cpu in group)
    if len(rest) != size:
        return partition
    return sorted([*(group for group in partition if len(group) == size), rest])


def _kept(partition: Partition) -> float:
    """Share of the cores that are in equal groups, if the largest number is kept."""
    sizes = [len(group) for group in partition]
    return max(size * sum(s >= size for s in sizes) for size in sizes if size > 1) / sum(sizes)


def _layout(cores: list[Core], outer: Partition, inner: Partition) -> Layout:
    """Nest two levels of groups; unequal packages lose cores, or are left out."""
    nested = [
        [[cores[i] for i in die] for die in inner if set(die) <= set(package)] for package in outer
    ]
    size = [sum(len(die) for die in package) for package in nested]
    candidates = [
        regular([package for package, cores in zip(nested, size, strict=True) if cores >= least])
        for least in sorted(set(size), reverse=True)
    ]
    layout = max(candidates, key=lambda layout: len(layout.cores))
    kept = set(layout.cores)
    return Layout(layout.packages, tuple(core for core in cores if core not in kept))


def _unexplained(latencies: Floats, layout: Layout) -> float:
    """Mean absolute difference of log latencies from the median of their class."""
    apart = between_cores(latencies, list(layout.cores))
    same_die = layout.die_of[:, None] == layout.die_of
    same_package = layout.package_of[:, None] == layout.package_of
    kind = np.where(same_die, 0, np.where(same_package, 1, 2))
    lower = np.tril(~np.isnan(apart), -1)
    logs = [np.log(apart[lower & (kind == k)]) for k in range(3)]
    total = sum(float(abs(part - np.median(part)).sum()) for part in logs if len(part))
    return total / int(lower.sum())
