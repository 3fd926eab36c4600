"""Hardware threads: two of them share one core's work and its private caches.

What one thread leaves of a core's execution units the other one uses, so that both together do more
work in a time than one alone, and each does less: `topology.thread_speed` of it. A thread that
sleeps leaves the core to the other one. One that spins does so with pauses, and what those leave
differs between processors: `topology.speed_beside_spinner` (a pause of Intel's took some ten cycles
up to Broadwell, and 140 from Skylake on). A line that one of them holds is in the other one's
caches, too, and comes from there at `thread_transfer_cycles`, which is what measured latencies
between them say.

    one thread of the core works          [ work ][ work ][ work ]
    both do                               [  work   ][  work   ]
                                          [  work   ][  work   ]
    one spins, and its pauses are long    [ work ][ work ][ work ]
                                          pause pause pause pause

Second threads become active after all cores, as will-it-scale and the papers' machines have it. So
fewer active threads than cores are cores, and nothing else changes for them. Above, a core takes
the place of a die in the costs of lines: each has its own row, its die's but for itself.

Not modelled: that a thread is faster while its neighbour waits for a line or for memory; misses
under way, of which each thread has as many as a core alone; more than two threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.isa import NONE

if TYPE_CHECKING:
    from sim.engine.state import Ints


def share_caches(cores: Sequence[int]) -> bool:
    """Whether some active threads share a core."""
    return len(set(cores)) < len(cores)


def neighbours(cores: Sequence[int]) -> Ints:
    """The other active thread of each thread's core, NONE if it is alone: int64[threads]."""
    found = np.full(len(cores), NONE)
    last: dict[int, int] = {}
    for thread, core in enumerate(cores):
        if core in last:
            found[thread], found[last[core]] = last[core], thread
        last[core] = thread
    return found


def dies_of_cores(cores: Sequence[int], dies: Sequence[int]) -> Ints:
    """Die of each core: int64[cores], from the core and the die of each active thread."""
    found = np.zeros(max(cores) + 1, np.int64)
    found[list(cores)] = dies
    return found


def between_cores(cost: Ints, dies: Ints, transfer_cycles: int) -> Ints:
    """Spread a cost between dies over their cores: int64[cores, cores]; a core's threads differ."""
    spread = cost[np.ix_(dies, dies)]
    np.fill_diagonal(spread, transfer_cycles)
    return spread
