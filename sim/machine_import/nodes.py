"""NUMA nodes: distances between them as distances between packages, and what does not fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.machine_import.layout import Layout
from sim.machine_import.stated import Cpus, Node, Stated, symmetric

Floats = NDArray[np.float64]


def node_distance(stated: Stated, layout: Layout) -> tuple[Floats | None, tuple[str, ...]]:
    """Mean distance between the nodes of two packages: float[packages, packages] or None.

    Nodes without CPUs take no part. NaN where a package's nodes have no distance.
    """
    given = stated.distances
    packages = len(layout.packages)
    if given is None or packages < 2:
        return None, ()
    table = symmetric(given.table)
    row = {number: i for i, number in enumerate(given.numbers)}
    nodes = [node for node in _with_cpus(stated.nodes) if node.number in row]
    package_of = layout.package_of
    place = {core[0]: i for i, core in enumerate(layout.cores)}
    share = np.zeros((packages, len(table)))
    for node in nodes:
        inside = [package_of[place[cpu]] for cpu in node.cpus & place.keys()]
        share[:, row[node.number]] = np.bincount(inside, minlength=packages)
    known = ~np.isnan(table)
    weight = share @ known @ share.T
    with np.errstate(invalid="ignore", divide="ignore"):
        distance: Floats = (share @ np.where(known, table, 0.0) @ share.T) / weight
    if np.isnan(distance[~np.eye(packages, dtype=bool)]).all():
        return None, (
            "Distances between NUMA nodes are stated, but of other nodes than the packages have: "
            "not used.",
        )
    return distance, ()


def remarks_on_nodes(stated: Stated, layout: Layout, nodes_flag: bool) -> tuple[str, ...]:
    """Say which nodes the model has not: it has one for each die."""
    empty = [node.number for node in stated.nodes if not node.cpus]
    nodes = _with_cpus(stated.nodes)
    second = len(stated.nodes) - len(empty) - len(nodes)
    remarks = []
    if empty:
        one = len(empty) == 1
        remarks.append(
            f"NUMA node{'s' * (not one)} {' '.join(map(str, empty))} "
            f"{'has' if one else 'have'} memory and no CPUs: not represented."
        )
    if second:
        remarks.append(
            f"{second} NUMA node{'s' * (second > 1)} of other memory beside the same CPUs' first: "
            "not represented."
        )
    packages = len(layout.packages)
    kept = {core[0] for core in layout.cores}
    count = sum(not kept.isdisjoint(node.cpus) for node in nodes)
    dies = packages * layout.dies_per_package
    if count in (0, packages, dies):
        return tuple(remarks)
    if count < packages:
        remarks.append(
            f"{packages} packages share {count} NUMA node{'s' * (count > 1)}: in the model each "
            "package has memory of its own (hardware.memory.policy says where it lies)."
        )
    else:
        flag = " (--nodes-as-packages makes each a package)" if nodes_flag else ""
        remarks.append(
            f"{count} NUMA nodes in {packages} package{'s' * (packages > 1)}: the model has a node "
            f"of memory for each of the {dies} die{'s' * (dies > 1)} instead{flag}."
        )
    return tuple(remarks)


def _with_cpus(nodes: tuple[Node, ...]) -> list[Node]:
    """Leave out nodes without CPUs, and those whose CPUs an earlier one has."""
    found: dict[Cpus, Node] = {}
    for node in nodes:
        if node.cpus:
            found.setdefault(node.cpus, node)
    return list(found.values())
