"""The event queue: a winner (tournament) tree over cores.

Each core has at most one pending event, the key `time << CORE_BITS | core`, so the smallest key
is the next event and ties go to the lower core number. `tree[1]` is the winner; leaf `i` is core
`i`. Updating a leaf costs log2(cores) comparisons, without branches that depend on the data.
"""

from __future__ import annotations

import numpy as np

from sim.engine.compiled import inlined
from sim.engine.isa import CORE_BITS
from sim.engine.records import NEVER


def empty_tree(cores: int) -> np.ndarray:
    """Tree for that many cores, without events: int64[2 * leaves]."""
    leaves = 1
    while leaves < cores:
        leaves *= 2
    return np.full(2 * leaves, NEVER, dtype=np.int64)


@inlined
def put(tree, core, key):
    """Set the pending event of a core (NEVER removes it)."""
    i = tree.size // 2 + core
    tree[i] = key
    while i > 1:
        tree[i >> 1] = min(tree[i], tree[i ^ 1])
        i >>= 1


@inlined
def schedule(tree, core, time):
    """Let a core's next event happen at a time, in cycles."""
    put(tree, core, (time << CORE_BITS) | core)
