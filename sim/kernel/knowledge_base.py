"""System knowledge base: what the machine itself says about how to reach all cores.

Barrelfish keeps measured and discovered facts of the machine in a constraint solver and asks it
for a multicast tree (SOSP'09 sections 4.9 and 5.1). The same query over the machine's topology:
the lowest core of each package is its aggregation core; the root is that of its own package, and
its neighbours there are told directly. Those that take longest to answer are sent to first, and
with `local_buffers` each channel lies in the memory of the node that it leads to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.sync.multicast import Tree, binary_edges, tree_of

if TYPE_CHECKING:
    from sim.machine.site import Site


def round_trip(site: Site, one: int, other: int) -> int:
    """Cycles for a line to move from one core to another and back."""
    transfer, place = site.distance.transfer, site.distance.packages
    return int(transfer[place[one], place[other]] + transfer[place[other], place[one]])


def aggregation_cores(site: Site, root: int) -> dict[int, int]:
    """The core of each package that passes messages on to the others there."""
    found = {site.packages[root]: root}
    for core, package in enumerate(site.packages):
        found.setdefault(package, core)
    return found


def aggregation_tree(site: Site, root: int) -> Tree:
    """NUMA-aware tree of one level: the root tells one core of each other package."""
    remote = [core for core in aggregation_cores(site, root).values() if core != root]
    remote.sort(key=lambda core: (-round_trip(site, root, core), core))
    return tree_of(site, root, {root: remote}, local_buffers=True)


def multicast_tree(site: Site, root: int, *, numa_aware: bool) -> Tree:
    """Tree of two levels from any root core; plain multicast ignores distances."""
    aggregation = aggregation_cores(site, root)
    edges: dict[int, list[int]] = {core: [] for core in aggregation.values()}
    for core, package in enumerate(site.packages):
        if core != aggregation[package]:
            edges[aggregation[package]].append(core)
    remote = sorted(core for core in aggregation.values() if core != root)
    if numa_aware:
        remote.sort(key=lambda core: -round_trip(site, root, core))
    edges[root] = remote + edges[root]
    return tree_of(site, root, edges, local_buffers=numa_aware)


def cluster_tree(site: Site, root: int) -> Tree:
    """A binary tree over one core of each package, each of which then tells its neighbours.

    Buffers lie in the receiver's node. A core passes a message on to other packages first.
    """
    aggregation = aggregation_cores(site, root)
    coordinators = (root, *sorted(core for core in aggregation.values() if core != root))
    edges = {core: list(told) for core, told in binary_edges(coordinators).items()}
    for core, package in enumerate(site.packages):
        if core != aggregation[package]:
            edges[aggregation[package]].append(core)
    return tree_of(site, root, edges, local_buffers=True)
