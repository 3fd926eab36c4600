"""Hardware threads: two of them share one core's work and its private caches.

What one thread leaves of a core's execution units the other one uses, so that both together do more
work in a time than one alone, and each does less: `topology.thread_speed` of it. A line that one of
them holds is in the other one's caches, too, and comes from there at `thread_transfer_cycles`,
which is what measured latencies between them say.

    one thread of the core is active     [ work ][ work ][ work ]
    both are                             [  work   ][  work   ]
                                         [  work   ][  work   ]

Second threads become active after all cores, as will-it-scale and the papers' machines have it. So
fewer active threads than cores are cores, and nothing else changes for them. Above, a core takes
the place of a die in the costs of lines: each has its own row, its die's but for itself.

Not modelled: that a thread is faster while its neighbour waits for a line or spins with pauses;
misses under way, of which each thread has as many as a core alone; more than two threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sim.engine.state import Ints


def share_caches(cores: Sequence[int]) -> bool:
    """Whether some active threads share a core."""
    return len(set(cores)) < len(cores)


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
