"""Hardware threads of one core, recognised by their latency.

Two threads of a core exchange a line within its own first-level cache, in the time of a locked
instruction and a load; two cores need at least a way through a shared cache. Operating systems
number the second threads of all cores after the first ones, or next to them. So threads of a core
are the finest level of nested groups, if these are nearer than any two cores can be. Where a pair
was disturbed, or threads are slow, both numberings are tried: threads of a core are each other's
nearest neighbours, all over the machine.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sim.machine_import.layout import Core
from sim.machine_import.nested_groups import FARTHER, Partition, levels
from sim.machine_import.threads import cores_of_cpus

Floats = NDArray[np.float64]

# A locked instruction takes about 20 cycles, as does a message between siblings (14 to 25 on five
# machines of reference/core_to_core); the nearest two cores of any of them are 54 cycles apart.
SIBLINGS_WITHIN_CYCLES = 40
# The same for four or eight threads, which the cores of a small die could be mistaken for.
MANY_SIBLINGS_WITHIN_CYCLES = 30
# Of the CPUs, whose nearest neighbour the numbering says.
LEAST_SHARE_NEAREST = 0.75
# Latency of the pairs to the nearest other CPU's, at most: noise among equal cores makes no pairs
# all over a machine, and a step of a mesh is hardly less than its smallest.
CLEARLY_NEARER = 0.93
# Cores with two threads before those with one.
LEAST_PAIRS = 2
# Fewer CPUs have nearest neighbours by chance.
LEAST_CPUS = 8


@dataclass(frozen=True)
class Cores:
    """CPUs grouped into cores, and what was concluded or might be otherwise."""

    cores: list[Core]
    remarks: tuple[str, ...] = ()


def cores_of(latencies: Floats, clock_ghz: float, threads_per_core: int | None) -> Cores:
    """Group CPUs into cores.

    Args:
        latencies: float[cpus, cpus] in ns, symmetric, NaN where nothing was measured.
        clock_ghz: the clock of the cores.
        threads_per_core: how many threads a core has, if that is known; a multiple of the CPUs.
    """
    single: list[Core] = [(cpu,) for cpu in range(len(latencies))]
    if threads_per_core == 1:
        return Cores(single)
    finest = next(iter(levels(latencies)), None)
    if threads_per_core is not None:
        return Cores(_stated(latencies, finest, threads_per_core))
    grouped = _finest(latencies, finest, clock_ghz)
    if len({len(core) for core in grouped.cores}) == 1 < len(grouped.cores[0]):
        return grouped  # every CPU is in a group of threads, whatever its number
    return _numbered(latencies, clock_ghz) or grouped


# --- stated --------------------------------------------------------------------------------


def _stated(latencies: Floats, finest: Partition | None, threads: int) -> list[Core]:
    """Group so many threads into each core: by the finest groups, else by the nearer numbering."""
    if finest is not None and all(len(group) == threads for group in finest):
        return sorted(tuple(group) for group in finest)
    cpus = range(len(latencies))
    apart, adjacent = (cores_of_cpus(cpus, threads, way) for way in (False, True))
    nearer = _median_inside(latencies, adjacent) < _median_inside(latencies, apart)
    return sorted(adjacent if nearer else apart)


def _median_inside(latencies: Floats, cores: list[Core]) -> float:
    """Median latency between threads of a core; infinite if none was measured."""
    inside = np.array([latencies[a, b] for core in cores for a, b in combinations(core, 2)])
    inside = inside[~np.isnan(inside)]
    return float(np.median(inside)) if len(inside) else np.inf


# --- numberings ----------------------------------------------------------------------------


def _numbered(latencies: Floats, clock_ghz: float) -> Cores | None:
    """Try the two usual numberings of two threads a core; None if neither fits."""
    n = len(latencies)
    if n < 4:
        return None
    candidates = [
        (pairs, name)
        for pairs, name in (
            ([(i, i + n // 2) for i in range(n // 2)] if n % 2 == 0 else [], f"i and i + {n // 2}"),
            ([(i, i + 1) for i in range(0, n - 1, 2)], "i and i + 1, i even,"),
        )
        if pairs
    ]
    fits = [
        found
        for pairs, name in candidates
        if (found := _fit(latencies, pairs, name, clock_ghz)) is not None
    ]
    return fits[0] if fits else None


def _fit(
    latencies: Floats, pairs: list[tuple[int, int]], name: str, clock_ghz: float
) -> Cores | None:
    """Take pairs for cores, if nearly all CPUs of a run from the first on are nearest in them."""
    inside, outside = _nearest(latencies, pairs)
    near = np.isnan(inside) | (inside < outside)
    cycles = inside * clock_ghz
    count = len(pairs)
    if pairs[0][1] - pairs[0][0] == 1:
        # Cores of one thread come last (efficiency cores), slower than threads of one core are.
        while count > 0 and cycles[count - 1] > SIBLINGS_WITHIN_CYCLES:
            count -= 1
        if count < LEAST_PAIRS or count == len(pairs) - 1:
            count = len(pairs)  # all are slow, or one at the end was disturbed
    measured = ~np.isnan(inside[:count])
    if count == 0 or measured.sum() == 0 or near[:count].mean() < LEAST_SHARE_NEAREST:
        return None
    typical = float(np.median(inside[:count][measured]))
    others = float(np.median(outside[:count][measured]))
    sure = typical * clock_ghz <= SIBLINGS_WITHIN_CYCLES
    if not sure and (count < len(pairs) or not _slow(len(latencies), typical, others, name)):
        return None
    if sure and typical > CLEARLY_NEARER * others:
        return None
    taken = {cpu for pair in pairs[:count] for cpu in pair}
    cores = [*pairs[:count], *((cpu,) for cpu in range(len(latencies)) if cpu not in taken)]
    remark = (
        f"CPUs {name} are nearest to each other ({typical:.0f} ns): taken for threads of one core "
        "(--threads-per-core 1 if they are cores)."
    )
    return Cores(sorted(cores), (remark,))


def _slow(cpus: int, typical: float, others: float, name: str) -> bool:
    """Whether pairs slower than threads usually are can be threads all the same.

    Neighbours of which all others are far are small dies: two cores behind one cache. Numbers half
    the machine apart are no cores of one die.
    """
    if cpus < LEAST_CPUS or typical > CLEARLY_NEARER * others:
        return False
    return others < FARTHER * typical or "i + 1" not in name


def _nearest(latencies: Floats, pairs: list[tuple[int, int]]) -> tuple[Floats, Floats]:
    """Latency inside each pair, and from it to its nearest other CPU: float[pairs] twice.

    Of the two CPUs' nearest others the farther one: one disturbed cell is not both of them.
    """
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    inside: Floats = latencies[a, b]
    filled = np.where(np.isnan(latencies), np.inf, latencies)
    np.fill_diagonal(filled, np.inf)
    filled[a, b] = filled[b, a] = np.inf
    nearest = filled.min(axis=1)
    outside: Floats = np.maximum(nearest[a], nearest[b])
    return inside, outside


# --- nested groups -------------------------------------------------------------------------


def _finest(latencies: Floats, finest: Partition | None, clock_ghz: float) -> Cores:
    """Take the finest groups for cores, if they are as near as threads of one."""
    single: list[Core] = [(cpu,) for cpu in range(len(latencies))]
    if finest is None:
        return Cores(single)
    size = max(len(group) for group in finest)
    groups = [tuple(group) for group in finest if len(group) == size]
    typical = _median_inside(latencies, groups)
    if size in (4, 8) and len(groups) == len(finest):
        near = typical * clock_ghz <= MANY_SIBLINGS_WITHIN_CYCLES
        if near:
            remark = f"Groups of {size} CPUs are {typical:.0f} ns apart: taken for threads of one "
            return Cores(
                sorted(groups), (remark + "core (--threads-per-core 1 if they are cores).",)
            )
    if size > 2:
        return Cores(single)
    if typical * clock_ghz > SIBLINGS_WITHIN_CYCLES:
        remarks: tuple[str, ...] = ()
        if 2 * len(groups) == len(latencies):
            remarks = (
                f"Pairs of CPUs are {typical:.0f} ns apart and far from all others: taken for dies "
                "of two cores (--threads-per-core 2 if they are threads of one).",
            )
        return Cores(single, remarks)
    pairs = [(group[0], group[1]) for group in groups]
    pairs += _as_the_others(latencies, pairs)
    paired = {cpu for pair in pairs for cpu in pair}
    return Cores(sorted([*pairs, *(core for core in single if core[0] not in paired)]))


def _as_the_others(latencies: Floats, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pair CPUs whose own latency is missing or disturbed, if they are numbered as the pairs are.

    Operating systems number the second threads of all cores after the first ones, or next to them.
    """
    ((step, _),) = Counter(b - a for a, b in pairs).most_common(1)
    paired = {cpu for pair in pairs for cpu in pair}
    rest = [cpu for cpu in range(len(latencies)) if cpu not in paired]
    found: list[tuple[int, int]] = []
    for a, b in combinations(rest, 2):
        others = np.delete(latencies[a], [a, b])
        near = np.isnan(latencies[a, b]) or latencies[a, b] < np.nanmin(others)
        if b - a == step and near and not any({a, b} & set(pair) for pair in found):
            found.append((a, b))
    return found


def between_cores(latencies: Floats, cores: list[Core]) -> Floats:
    """Mean latency between the threads of two cores: float[cores, cores], NaN if not measured."""
    member = np.zeros((len(cores), len(latencies)))
    for i, core in enumerate(cores):
        member[i, list(core)] = 1
    known = ~np.isnan(latencies)
    count = member @ known @ member.T
    total = member @ np.where(known, latencies, 0.0) @ member.T
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = np.where(count > 0, total / count, np.nan)
    np.fill_diagonal(mean, np.nan)
    return mean
