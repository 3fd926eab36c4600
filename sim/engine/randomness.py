"""Counter-based random numbers: splitmix64, one stream per thread and one per core.

Every draw hashes a counter; streams never depend on the order of events of other threads. What the
machine itself decides for a core at a busy line comes from the core's stream, so that a thread
draws the same work however often its core queues.

Source: Steele, Lea, Flood, *Fast splittable pseudorandom number generators*, 2014.
"""

from __future__ import annotations

import numpy as np

from sim.engine.compiled import inlined

GAMMA = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S1 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(1)
HALF = 32


@inlined
def mix(state):
    """Hash a 64-bit state (int64) to a random integer in 0 .. 2**63 - 1."""
    z = np.uint64(state)
    z = (z ^ (z >> _S30)) * _M1
    z = (z ^ (z >> _S27)) * _M2
    z = z ^ (z >> _S31)
    return np.int64(z >> _S1)


@inlined
def draw(threads, thread, bound):
    """Uniform integer in 0 .. bound - 1 from a thread's stream."""
    threads[thread].random = np.int64(np.uint64(threads[thread].random) + GAMMA)
    return mix(threads[thread].random) % bound


@inlined
def pick(cores, core, count):
    """Uniform integer in 0 .. count - 1 from a core's stream; count is below 2**31."""
    cores[core].random = np.int64(np.uint64(cores[core].random) + GAMMA)
    return ((mix(cores[core].random) >> (HALF - 1)) * count) >> HALF  # no division: it is slow
