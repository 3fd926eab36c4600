"""Groups of CPUs that are near to one another, found in their latencies, from small to large.

Hierarchical clustering by average linkage (of logarithms, over the pairs that were measured) gives
a tree; it is cut at the boundaries between classes of latency. A cut is a level of the machine if
nearly all pairs inside its groups are nearer, and nearly all others farther, than the boundary.
Distances that do not nest, as those of a mesh or a ring, give no level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.machine_import.latency_classes import boundaries

Floats = NDArray[np.float64]
Partition = list[list[int]]

# Share of the pairs inside groups, and of those outside, that must lie on their side of the cut.
AGREEING = 0.95
# Of the median latency outside groups to that inside, at least: noise among few CPUs makes less,
# and one number for both misses them by no more than an eighth.
FARTHER = 1.3


def levels(latencies: Floats) -> list[Partition]:
    """Find the nested groupings of CPUs, finest first; trivial ones are left out.

    Args:
        latencies: float[cpus, cpus] in ns, symmetric, NaN where nothing was measured.
    """
    pairs = latencies[np.tril_indices(len(latencies), -1)]
    merges = _merges(latencies)
    found: list[Partition] = []
    for boundary in boundaries(pairs[~np.isnan(pairs)]):
        groups = _cut(len(latencies), merges, boundary)
        if 1 < len(groups) < len(latencies) and _agrees(latencies, groups, boundary):
            if found and _only_adds_single_cpus(found[-1], groups):
                found.pop()
            found.append(groups)
    return found


def _merges(latencies: Floats) -> list[tuple[float, int, int]]:
    """Merge the two nearest groups until one is left: (mean latency, group kept, group taken in).

    A group is named by one of its CPUs. Groups without a measured pair between them are as far
    apart as can be.
    """
    known = ~np.isnan(latencies)
    np.fill_diagonal(known, False)
    total = np.where(known, np.log(np.where(known, latencies, 1.0)), 0.0)
    pairs = known.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(pairs > 0, total / pairs, np.inf)
    merges = []
    for _ in range(len(latencies) - 1):
        keep, take = sorted(int(i) for i in np.unravel_index(mean.argmin(), mean.shape))
        merges.append((float(np.exp(mean[keep, take])), keep, take))
        for table in (total, pairs):
            table[keep] += table[take]
            table[:, keep] = table[keep]
        with np.errstate(invalid="ignore", divide="ignore"):
            row = np.where(pairs[keep] > 0, total[keep] / pairs[keep], np.inf)
        row[np.isinf(mean[keep]) & np.isinf(mean[take]) & (pairs[keep] == 0)] = np.inf
        row[[keep, take]] = np.inf
        mean[keep], mean[:, keep] = row, row
        mean[take], mean[:, take] = np.inf, np.inf
        for table in (total, pairs):
            table[take], table[:, take] = 0.0, 0.0
        if np.isinf(mean).all():
            break
    return merges


def _cut(cpus: int, merges: list[tuple[float, int, int]], boundary: float) -> Partition:
    """List the groups that are merged below a boundary, by their first CPU."""
    groups = {cpu: [cpu] for cpu in range(cpus)}
    for latency, keep, take in merges:
        if latency > boundary:
            break
        groups[keep] = sorted(groups[keep] + groups.pop(take))
    return sorted(groups.values())


def same_group(cpus: int, groups: Partition) -> NDArray[np.bool_]:
    """Tell which pairs of CPUs are in one group: bool[cpus, cpus]."""
    number = np.empty(cpus, np.int64)
    for i, group in enumerate(groups):
        number[group] = i
    same: NDArray[np.bool_] = number[:, None] == number
    return same


def _agrees(latencies: Floats, groups: Partition, boundary: float) -> bool:
    """Whether groups are what a boundary says: nearer inside, and clearly farther outside."""
    lower = np.tril(~np.isnan(latencies), -1)
    inside = lower & same_group(len(latencies), groups)
    outside = lower & ~inside
    if np.median(latencies[outside]) < FARTHER * np.median(latencies[inside]):
        return False
    return bool(
        (latencies[inside] < boundary).mean() >= AGREEING
        and (latencies[outside] > boundary).mean() >= AGREEING
    )


def _only_adds_single_cpus(finer: Partition, coarser: Partition) -> bool:
    """Whether no two groups of the finer level meet in one: both then are the same level."""
    several = [set(group) for group in finer if len(group) > 1]
    return all(sum(group < set(large) for group in several) <= 1 for large in coarser)
