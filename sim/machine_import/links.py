"""A link graph between packages that agrees with how far apart they are.

Packages of the nearest class of distance are joined by a link. If the shortest routes over these
links then have as many hops as the class of every other pair has nearer classes plus one, that is
the graph; otherwise distances are no matter of hops, and every two packages get a link.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.config.errors import ConfigError, message
from sim.machine.settings.hardware import MOST_LINKS, Topology
from sim.machine.topology import hop_matrix
from sim.machine_import.latency_classes import boundaries

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Links:
    """Links as pairs of packages, and why they are as they are."""

    pairs: tuple[tuple[int, int], ...]
    reason: str


def complete(packages: int, reason: str) -> Links:
    """Join every two packages.

    Raises:
        ConfigError: for more packages than a file can list the links of.
    """
    if packages * (packages - 1) // 2 > MOST_LINKS:
        raise ConfigError(
            message(
                f"{packages} packages",
                f"{reason}, with more links than the {MOST_LINKS:,} that a file can list",
                "a regular machine of this size is written by hand, with topology.mesh or torus: "
                "see conf/hardware/mesh_4096.yaml",
            )
        )
    return Links(tuple((a, b) for a in range(packages) for b in range(a + 1, packages)), reason)


def links_between(distance: Floats) -> Links:
    """Find the links.

    Args:
        distance: float[packages, packages], symmetric, NaN where unknown; any unit.
    """
    packages = len(distance)
    pairs = distance[np.tril_indices(packages, -1)]
    if packages == 1:
        return Links((), "one package")
    if packages == 2:
        return Links(((0, 1),), "two packages")
    if np.isnan(pairs).any():
        return complete(packages, "not all distances between packages are known: every two joined")
    cuts = boundaries(pairs)
    if not cuts:
        return complete(packages, "all packages equally far apart")
    rank = np.searchsorted(cuts, distance) + 1
    nearest = tuple(
        (a, b) for a in range(packages) for b in range(a + 1, packages) if rank[a, b] == 1
    )
    off_diagonal = ~np.eye(packages, dtype=bool)
    try:
        hops = hop_matrix(Topology(packages=packages, cores_per_package=1, links=list(nearest)))
    except ValueError:
        hops = np.zeros_like(rank)
    if (hops == rank)[off_diagonal].all():
        return Links(nearest, f"{len(cuts) + 1} classes of distance, which are the hops")
    return complete(
        packages,
        f"{len(cuts) + 1} classes of distance, which no link graph's hops agree with: "
        "every two joined, at the median",
    )
