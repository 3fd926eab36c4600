"""What moving a cache line costs on a machine, for a set of active cores.

Directory (probe filter): a miss goes to the current owner, at a cost that grows with the hops
between requester and owner. The line is busy for a separate, calibrated time, the occupancy,
that also grows with distance; it is what one contended line serialises on.
Source of the form: OSDI'10 section 5.1 (latencies), and the line-sharing measurement.

Broadcast (probes): the home node asks every cache of the machine, so taking a line costs a round
trip to the farthest node whoever holds it; the data of a read come from the owner, and sooner.
The line stays locked at its home until the round trip is over, and the home node takes one
request after another. Source: HyperTransport without a probe filter; SOSP'09 sections 4.6 and 5.1.

Islands: a package is coherent by a directory of its own, and nothing is across packages. What moves
there is a line of a message: its sender pays a local transfer to the edge of its package, and the
receiver fetches it from there, over the hops between them. So a message takes one trip, where a
coherent line takes two, to its writer and to its reader. Source: the message-passing buffers of
Intel's Single-chip Cloud Computer; SOSP'09 section 2.5 foresees machines without coherence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.engine.isa import NONE
from sim.engine.state import Distance, Ints, canonical, paces
from sim.machine.hardware_threads import (
    between_cores,
    dies_of_cores,
    neighbours,
    share_caches,
)
from sim.machine.topology import Bools, between_dies_of_a_package, die_hops
from sim.program.ranges import check_cost

if TYPE_CHECKING:
    from sim.machine.settings.hardware import Coherence, Hardware


LINE_COSTS = (
    "transfer",
    "invalidation",
    "farthest_invalidation",
    "occupancy",
    "expected_occupancy",
    "bulk_transfer",
    "near_transfer",
    "home_occupancy_cycles",
    "completion_cycles",
    "memory_cycles",
)
"""Costs of a line that is not in the core's own cache."""


def by_distance(hops: Ints, local: int, base: int, hop: int) -> Ints:
    """Cost matrix: `local` within a package, `base + hop * hops` across."""
    return np.where(hops == 0, local, base + hop * hops)


def expected_over_others(cost: Ints, packages: Sequence[int] | Ints) -> Ints:
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


def with_costs_scaled(distance: Distance, factor: float) -> Distance:
    """The same distances where all that lines cost takes so many times as long, in whole cycles."""
    scaled: dict[str, Any] = {n: np.rint(getattr(distance, n) * factor) for n in LINE_COSTS}
    for name in ("combined_read_cycles", "atomic_occupancy_cycles"):
        if (cycles := getattr(distance, name)) != NONE:
            scaled[name] = round(cycles * factor)
    return canonical(distance._replace(**scaled))


def conventions(coherence: Coherence, dies: Sequence[int]) -> dict[str, Any]:
    """What the machine's designers chose: the last fields of `Distance`."""
    if coherence.protocol == "broadcast":
        return {}
    combined, atomic = coherence.combined_read_cycles, coherence.atomic_occupancy_cycles
    return {
        "active_packages": len(set(dies)),
        "combined_read_cycles": NONE if combined is None else combined,
        "atomic_occupancy_cycles": NONE if atomic is None else atomic,
        "atomic_transfer_cycles": coherence.atomic_transfer_cycles,
        "local_preference": round(coherence.local_preference * 65536),
        "stores_wait": int(coherence.stores_wait_for_reads),
        "on_arrival": int(coherence.accesses_take_effect == "arrival"),
    }


def shared_work(hardware: Hardware, cores: Sequence[int] | None) -> dict[str, Any]:
    """What hardware threads that share a core mean for its work, if any do."""
    speed, beside_spinner = hardware.topology.thread_speed, hardware.topology.speed_beside_spinner
    if cores is None or speed is None or beside_spinner is None or not share_caches(cores):
        return {}
    shared, spun = paces([speed, beside_spinner])
    return {"neighbours": neighbours(cores), "shared_pace": shared, "spun_pace": spun}


def preferring_local(expected: Ints, local: Ints, shared: Bools, preference: float) -> Ints:
    """Mean costs where a line goes to its own die so often, if it is shared by active cores."""
    preferred = np.rint(preference * local + (1 - preference) * expected).astype(np.int64)
    return np.where(shared, preferred, expected)


def between_dies(hardware: Hardware) -> tuple[Ints, Ints, Ints]:
    """Transfer, invalidation and occupancy of a line between dies: int64[dies, dies] each.

    Raises:
        ValueError: for a cost that is more than the engine can hold.
    """
    c = hardware.coherence
    hops = die_hops(hardware.topology)
    transfer = by_distance(hops, c.local_transfer_cycles, c.base_transfer_cycles, c.hop_cycles)
    if c.protocol == "broadcast":
        invalidation = by_distance(hops, c.local_ownership_cycles, c.ownership_cycles, 0)
        occupancy = np.maximum(invalidation, transfer) + c.completion_cycles
    else:
        occupancy = by_distance(
            hops, c.local_occupancy_cycles, c.base_occupancy_cycles, c.hop_occupancy_cycles
        )
        within = between_dies_of_a_package(hardware.topology)
        if c.die_transfer_cycles is not None:
            transfer = np.where(within, c.die_transfer_cycles, transfer)
        if c.die_occupancy_cycles is not None:
            occupancy = np.where(within, c.die_occupancy_cycles, occupancy)
        sent = np.full_like(transfer, c.local_transfer_cycles)
        invalidation = sent if c.protocol == "islands" else transfer
    costs = {"transfer": transfer, "invalidation": invalidation, "occupancy": occupancy}
    for name, cost in costs.items():
        check_cost(name, cost)
    return transfer, invalidation, occupancy


def distances(
    hardware: Hardware, dies: Sequence[int], cores: Sequence[int] | None = None
) -> Distance:
    """Costs of the machine with the given active cores, in cycles.

    Args:
        hardware: the machine.
        dies: die of each active core; a package, on a machine with one die in each.
        cores: core of each active hardware thread; none: each is a core of its own.

    Raises:
        ValueError: for a cost that is more than the engine can hold.
    """
    c = hardware.coherence
    transfer, invalidation, occupancy = between_dies(hardware)
    home_occupancy = completion = 0
    if c.protocol == "broadcast":
        home_occupancy, completion = c.home_occupancy_cycles, c.completion_cycles
    places, groups = np.asarray(dies, np.int64), np.arange(len(transfer))
    near_transfer, near_occupancy = np.diag(transfer), np.diag(occupancy)
    among = None if c.protocol == "broadcast" else c.thread_transfer_cycles
    if cores is not None and among is not None and share_caches(cores):
        places, groups = np.asarray(cores, np.int64), dies_of_cores(cores, dies)
        transfer, invalidation, occupancy = (
            between_cores(cost, groups, among) for cost in (transfer, invalidation, occupancy)
        )
    expected = expected_over_others(occupancy, places)
    if c.protocol != "broadcast":
        shared = np.bincount(dies, minlength=len(near_occupancy)) > 1
        expected = preferring_local(
            expected, near_occupancy[groups], shared[groups], c.local_preference
        )
    return Distance(
        broadcast=c.protocol == "broadcast",
        transfer=transfer,
        invalidation=invalidation,
        farthest_invalidation=invalidation[:, np.unique(places)].max(axis=1),
        occupancy=occupancy,
        expected_occupancy=expected,
        bulk_transfer=expected_over_others(transfer, places),
        packages=places,
        groups=groups,
        near_transfer=near_transfer[groups],
        home_occupancy_cycles=home_occupancy,
        completion_cycles=completion,
        memory_cycles=hardware.memory.latency_cycles,
        hit_cycles=hardware.caches.l1.latency_cycles,
        locked_cycles=c.locked_instruction_cycles,
        context_switch_cycles=hardware.scheduling.context_switch_cycles,
        wake_cycles=hardware.scheduling.wake_cycles,
        **conventions(c, dies),
        **shared_work(hardware, cores),
    )
