"""Packages, links, routes and the order in which cores are enabled.

Where cores have two hardware threads (hardware_threads.py), those are enabled as cores are: the
first one of every core, in their order, then the second ones in the same order.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine.state import Ints

if TYPE_CHECKING:
    from sim.machine.settings.hardware import Topology

Bools = NDArray[np.bool_]


def neighbours_of(topology: Topology) -> list[list[int]]:
    """Packages at the other ends of each package's links."""
    neighbours: list[list[int]] = [[] for _ in range(topology.packages)]
    for a, b in topology.package_links:
        neighbours[a].append(b)
        neighbours[b].append(a)
    return neighbours


def hop_matrix(topology: Topology) -> Ints:
    """Hops of the shortest route between packages: int64[packages, packages].

    Raises:
        ValueError: if some package cannot be reached.
    """
    return _hops(topology.packages, tuple(topology.package_links))


@lru_cache(maxsize=8)
def _hops(packages: int, links: tuple[tuple[int, int], ...]) -> Ints:
    """See `hop_matrix`; one bit for each package that is reached, all sources at once."""
    joined = np.eye(packages, dtype=bool)
    ends = np.array(links, np.int64).reshape(-1, 2)
    joined[ends[:, 0], ends[:, 1]] = joined[ends[:, 1], ends[:, 0]] = True
    hops = (~np.eye(packages, dtype=bool)).astype(np.int64)
    reached = np.packbits(joined, axis=1)
    slots: Ints | None = None  # neighbours of each package, itself included, to the same number
    while True:
        apart = np.unpackbits(~reached, axis=1, count=packages)
        if not apart.any():
            hops.setflags(write=False)  # it is kept for the next caller
            return hops
        hops += apart
        slots = _neighbours(joined) if slots is None else slots
        before = reached
        reached = before[slots[:, 0]]
        for slot in range(1, slots.shape[1]):
            reached |= before[slots[:, slot]]
        if (reached == before).all():
            source, other = (int(i[0]) for i in np.nonzero(apart))
            raise ValueError(f"no route from package {source} to package {other}")


def _neighbours(joined: Bools) -> Ints:
    """List what each package is joined to, itself again where it has fewer than others."""
    most = int(joined.sum(axis=1).max())
    slots = np.repeat(np.arange(len(joined))[:, None], most, axis=1)
    for package, row in enumerate(joined):
        near = np.flatnonzero(row)
        slots[package, : len(near)] = near
    return slots


def die_hops(topology: Topology) -> Ints:
    """Hops between dies: int64[dies, dies]; two dies of one package meet outside it, at one hop."""
    package = np.arange(topology.dies) // topology.dies_per_package
    hops = hop_matrix(topology)[np.ix_(package, package)]
    return np.where(np.eye(topology.dies, dtype=bool), 0, np.maximum(hops, 1))


def between_dies_of_a_package(topology: Topology) -> Bools:
    """Tell which pairs of dies are two dies of one package: bool[dies, dies]."""
    package = np.arange(topology.dies) // topology.dies_per_package
    pairs: Bools = (package[:, None] == package) & ~np.eye(topology.dies, dtype=bool)
    return pairs


def active_packages(topology: Topology, cores: int, order: str) -> list[int]:
    """Package of each active core, in the order of enabling.

    `package` fills package by package; `round_robin` deals the cores out over the packages.
    """
    places = active_cores(topology, cores)
    if order == "round_robin":
        return [i % topology.packages for i in places]
    return [i // topology.cores_per_package for i in places]


def active_cores(topology: Topology, threads: int) -> list[int]:
    """Core of each active hardware thread, numbered in the order of enabling."""
    return [i % topology.cores for i in range(threads)]


def places_in_packages(topology: Topology, cores: int, order: str) -> list[int]:
    """Number of each active core within its package, in the order of enabling."""
    if order == "round_robin":
        return [i // topology.packages for i in active_cores(topology, cores)]
    return [i % topology.cores_per_package for i in active_cores(topology, cores)]


def active_dies(topology: Topology, cores: int, order: str) -> list[int]:
    """Die of each active core, in the order of enabling: a package's dies are filled in turn."""
    packages = active_packages(topology, cores, order)
    places = places_in_packages(topology, cores, order)
    return [
        package * topology.dies_per_package + place // topology.cores_per_die
        for package, place in zip(packages, places, strict=True)
    ]


def active_speeds(topology: Topology, cores: int, order: str) -> list[float]:
    """Cycles of work that each active core does in a cycle of the core clock."""
    of_package = topology.package_speeds or [1.0] * topology.packages
    of_core = topology.core_speeds or [1.0] * topology.cores_per_package
    packages = active_packages(topology, cores, order)
    places = places_in_packages(topology, cores, order)
    return [of_package[p] * of_core[c] for p, c in zip(packages, places, strict=True)]
