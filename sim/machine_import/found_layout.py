"""Packages and dies, found in nothing but latencies.

The nested groups of cores are taken as dies and packages: the coarsest as packages, and of the
finer ones that which explains the latencies best as dies. Latencies alone cannot tell whether one
level of groups is packages or dies of one package; the caller may say how many packages there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.config.errors import ConfigError, message
from sim.machine_import.layout import Core, Layout, regular
from sim.machine_import.nested_groups import Partition, levels
from sim.machine_import.siblings import between_cores, cores_of

Floats = NDArray[np.float64]

# Of the cores; a level that holds fewer in equal groups is none.
LEAST_SHARE_KEPT = 0.75
# Log latency that a core left out counts for.
LOST = 0.5


@dataclass(frozen=True)
class Found:
    """A layout, and what it was concluded from that might be otherwise."""

    layout: Layout
    remarks: tuple[str, ...] = ()


def find_layout(
    latencies: Floats,
    clock_ghz: float,
    packages: int | None,
    threads_per_core: int | None,
    origin: str,
) -> Found:
    """Find the layout that latencies between CPUs show.

    Args:
        latencies: float[cpus, cpus] in ns, symmetric, NaN where nothing was measured.
        clock_ghz: the clock of the cores, to recognise threads of one core.
        packages: number of packages, if it is known.
        threads_per_core: hardware threads of a core, if it is known.
        origin: what errors begin with.

    Raises:
        ConfigError: if no level of groups is as many packages, or threads do not divide the CPUs.
    """
    if threads_per_core is not None and len(latencies) % threads_per_core:
        raise ConfigError(
            message(
                f"--threads-per-core {threads_per_core}",
                f"{len(latencies)} CPUs do not divide into cores of so many",
            )
        )
    grouped = cores_of(latencies, clock_ghz, threads_per_core)
    cores = grouped.cores
    apart = between_cores(latencies, cores)
    groups = [completed(partition) for partition in levels(apart)]
    groups = [g for g in groups if _kept(g) >= LEAST_SHARE_KEPT]
    everything = [list(range(len(cores)))]
    if packages is None:
        outer = [*reversed(groups), everything]
    elif packages == 1:
        outer = [everything]
    else:
        outer = [g for g in reversed(groups) if len(g) == packages][:1]
        if not outer:
            sizes = sorted({1, *(len(g) for g in groups)})
            raise ConfigError(
                message(
                    origin,
                    f"the latencies show no {packages} equal groups of cores",
                    f"allowed: {', '.join(map(str, sizes))}",
                )
            )
    return Found(_best(latencies, cores, outer, groups), grouped.remarks)


def _best(
    latencies: Floats, cores: list[Core], outer: list[Partition], groups: list[Partition]
) -> Layout:
    """Take the coarsest packages, and of the dies in them those that explain the latencies best.

    Coarser packages that lose cores give way to finer ones that lose none.
    """
    best: Layout | None = None
    for packages in outer:
        finer = [g for g in groups if len(g) > len(packages)]
        candidates = [_layout(cores, packages, inner) for inner in (packages, *finer)]
        layout = min(candidates, key=lambda layout: _unexplained(latencies, layout))
        if best is None or len(layout.cores) > len(best.cores):
            best = layout
        if not best.left_out:
            break
    assert best is not None, "the whole machine is a package"
    return best


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
    """Mean absolute difference of log latencies from the median of their class, and what is lost.

    A core that is left out costs as much as a latency that is missed by LOST: otherwise the layout
    of fewest cores would explain most.
    """
    apart = between_cores(latencies, list(layout.cores))
    same_die = layout.die_of[:, None] == layout.die_of
    same_package = layout.package_of[:, None] == layout.package_of
    kind = np.where(same_die, 0, np.where(same_package, 1, 2))
    lower = np.tril(~np.isnan(apart), -1)
    logs = [np.log(apart[lower & (kind == k)]) for k in range(3)]
    total = sum(float(abs(part - np.median(part)).sum()) for part in logs if len(part))
    lost = len(layout.left_out) / (len(layout.cores) + len(layout.left_out))
    return total / max(1, int(lower.sum())) + LOST * lost
