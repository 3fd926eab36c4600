"""Packages, links, routes and the order in which cores are enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine.state import Ints

if TYPE_CHECKING:
    from sim.config.schema.hardware import Topology

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
    n = topology.packages
    neighbours = neighbours_of(topology)
    hops = np.full((n, n), -1, np.int64)
    for source in range(n):
        hops[source, source] = 0
        frontier = [source]
        while frontier:
            reached = []
            for package in frontier:
                for neighbour in neighbours[package]:
                    if hops[source, neighbour] < 0:
                        hops[source, neighbour] = hops[source, package] + 1
                        reached.append(neighbour)
            frontier = reached
    if (hops < 0).any():
        source, other = (int(i[0]) for i in np.nonzero(hops < 0))
        raise ValueError(f"no route from package {source} to package {other}")
    return hops


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
    if order == "round_robin":
        return [i % topology.packages for i in range(cores)]
    return [i // topology.cores_per_package for i in range(cores)]


def places_in_packages(topology: Topology, cores: int, order: str) -> list[int]:
    """Number of each active core within its package, in the order of enabling."""
    seen = [0] * topology.packages
    places = []
    for package in active_packages(topology, cores, order):
        places.append(seen[package])
        seen[package] += 1
    return places


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
