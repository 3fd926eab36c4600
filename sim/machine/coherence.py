"""What moving a cache line costs on a machine, for a set of active cores.

Directory (probe filter): a miss goes to the current owner, at a cost that grows with the hops
between requester and owner. The line is busy for a separate, calibrated time, the occupancy,
that also grows with distance; it is what one contended line serialises on.
Source of the form: OSDI'10 section 5.1 (latencies), and the line-sharing measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.state import Distance, Ints
from sim.machine.topology import hop_matrix

if TYPE_CHECKING:
    from sim.config.schema.hardware import Hardware


def by_distance(hops: Ints, local: int, base: int, hop: int) -> Ints:
    """Cost matrix: `local` within a package, `base + hop * hops` across."""
    return np.where(hops == 0, local, base + hop * hops)


def expected_over_others(cost: Ints, packages: Sequence[int]) -> Ints:
    """Mean cost from a core of each package to the *other* active cores, rounded: int64[packages].

    Zero for a package whose only other active core does not exist (one active core).
    """
    active = np.bincount(np.asarray(packages), minlength=len(cost))
    total = cost @ active
    others = np.full(len(cost), active.sum())
    present = active > 0
    total = total - np.where(present, np.diag(cost), 0)
    others = others - present
    return np.where(others > 0, np.rint(total / np.maximum(others, 1)), 0).astype(np.int64)


def distances(hardware: Hardware, packages: Sequence[int]) -> Distance:
    """Costs of the machine with the given active cores, in cycles."""
    c = hardware.coherence
    hops = hop_matrix(hardware.topology)
    transfer = by_distance(hops, c.local_transfer_cycles, c.base_transfer_cycles, c.hop_cycles)
    occupancy = by_distance(
        hops, c.local_occupancy_cycles, c.base_occupancy_cycles, c.hop_occupancy_cycles
    )
    active = sorted(set(packages))
    return Distance(
        transfer=transfer,
        occupancy=occupancy,
        expected_occupancy=expected_over_others(occupancy, packages),
        bulk_transfer=expected_over_others(transfer, packages),
        farthest_transfer=transfer[:, active].max(axis=1),
        memory_cycles=hardware.memory.latency_cycles,
        hit_cycles=hardware.caches.l1.latency_cycles,
        locked_cycles=c.locked_instruction_cycles,
        context_switch_cycles=hardware.scheduling.context_switch_cycles,
        wake_cycles=hardware.scheduling.wake_cycles,
    )
