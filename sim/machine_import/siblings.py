"""Hardware threads of one core, recognised by their latency.

Two threads of a core exchange a line within its own first-level cache, in the time of a locked
instruction and a load; two cores need at least a way through a shared cache. So threads of a core
are the finest level of nested groups, if it is made of pairs and if they are nearer than any two
cores can be.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sim.machine_import.layout import Core
from sim.machine_import.nested_groups import Partition

Floats = NDArray[np.float64]

# A locked instruction takes about 20 cycles, as does a message between siblings (14 to 25 on five
# machines of reference/core_to_core); the nearest two cores of any of them are 54 cycles apart.
SIBLINGS_WITHIN_CYCLES = 40


def cores_of(latencies: Floats, finest: Partition | None, clock_ghz: float) -> list[Core]:
    """Group CPUs into cores, given the finest level of nested groups (None: there is none)."""
    single = [(cpu,) for cpu in range(len(latencies))]
    if finest is None or max(len(group) for group in finest) > 2:
        return list(single)
    pairs = [(group[0], group[1]) for group in finest if len(group) == 2]
    between = np.array([latencies[pair] for pair in pairs])
    if np.nanmedian(between) * clock_ghz > SIBLINGS_WITHIN_CYCLES:
        return list(single)
    pairs += _as_the_others(latencies, pairs)
    paired = {cpu for pair in pairs for cpu in pair}
    return sorted([*pairs, *(core for core in single if core[0] not in paired)])


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
