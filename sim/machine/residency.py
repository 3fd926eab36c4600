"""How much of a package's share of the data its caches keep from one sweep to the next.

A sweep in the same order over more data than a set-associative cache with LRU replacement holds
misses everything, and over less nothing. Physical pages load the sets unevenly, so around the
capacity some sets hold their part and others do not: the share of misses is a normal
distribution function of the load. L2 and L3 are exclusive (AMD family 10h): capacities add.
"""

from __future__ import annotations

from math import erf, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.machine.settings.hardware import Hardware


def miss_share(hardware: Hardware, kib: float, cores: int) -> float:
    """Share of `kib` that misses in every sweep, with some cores of the package active."""
    spread = 0.0 if hardware.streaming is None else hardware.streaming.set_load_spread
    capacity = hardware.caches.l3.capacity_kib + cores * hardware.caches.l2.capacity_kib
    excess = kib / capacity - 1
    if spread == 0:
        return float(excess > 0)
    return 0.5 * (1 + erf(excess / spread / sqrt(2)))
