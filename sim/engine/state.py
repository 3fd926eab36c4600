"""The state of a simulation: preallocated arrays that the virtual machine updates in place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine import isa, records
from sim.engine.tournament import empty_tree

Ints = NDArray[np.int64]

HOST_LINE = 64


class Distance(NamedTuple):
    """Costs of moving lines between packages, in cycles, over the *active* cores.

    transfer, invalidation, occupancy: int64[packages, packages]. The expected values are means
    from a package to the other active cores; `bulk_transfer` is 0 everywhere when one core is
    active. `packages` is the package of each active core, from which the others are drawn. Where
    the caches of a package are several groups (dies), a group takes its place. Where hardware
    threads share the caches of a core, the core does, and `groups` says which of them share a
    group's; else they are the groups. `near_transfer` is between two of one group.

    The last nine are choices of the machine's designers; each has a value that leaves it out.
    """

    broadcast: bool  # misses are broadcast; else a directory knows the owner
    transfer: Ints
    invalidation: Ints
    farthest_invalidation: Ints
    occupancy: Ints
    expected_occupancy: Ints
    bulk_transfer: Ints
    packages: Ints
    groups: Ints  # int64[packages]
    near_transfer: Ints  # int64[packages]
    home_occupancy_cycles: int
    completion_cycles: int  # from the end of a broadcast until its line is unlocked
    memory_cycles: int
    hit_cycles: int
    locked_cycles: int
    context_switch_cycles: int
    wake_cycles: int
    active_packages: int = 1
    combined_read_cycles: int = isa.NONE  # between reads of a package that share a fetch; or NONE
    atomic_occupancy_cycles: int = isa.NONE  # of a locked instruction at a line; NONE: any other's
    atomic_transfer_cycles: int = 0  # until such an instruction's answer is there
    local_preference: int = 0  # how often a busy line stays in its package, in 1/65536
    stores_wait: int = 0  # 1: stores are seen only when the reads before them are over
    on_arrival: int = 0  # 1: accesses take effect when they have the line
    neighbours: Ints = np.zeros(0, np.int64)  # the other hardware thread of each core, or NONE
    shared_pace: int = 1 << isa.PACE_BITS  # 1/65536 times as long work takes while both work
    spun_pace: int = 1 << isa.PACE_BITS  # the same while the other one spins

    @classmethod
    def uniform(cls, cores: int, transfer: int = 0, occupancy: int = 0) -> Distance:
        """Costs in one package with a directory, in which nothing else costs anything.

        `_replace` gives the others a value.

        Args:
            cores: active cores.
            transfer: until another core's line is there, cycles.
            occupancy: from one core's turn at a contended line to the next one's, cycles.
        """
        moves, keeps = np.array([[transfer]]), np.array([[occupancy]])
        others = int(cores > 1)
        return cls(
            broadcast=False,
            transfer=moves,
            invalidation=moves,
            farthest_invalidation=moves[0],
            occupancy=keeps,
            expected_occupancy=keeps[0] * others,
            bulk_transfer=moves[0] * others,
            packages=np.zeros(cores, np.int64),
            groups=np.zeros(1, np.int64),
            near_transfer=moves[0],
            home_occupancy_cycles=0,
            completion_cycles=0,
            memory_cycles=0,
            hit_cycles=0,
            locked_cycles=0,
            context_switch_cycles=0,
            wake_cycles=0,
        )


def canonical(distance: Distance) -> Distance:
    """Return the same costs in the types that the machine was compiled for."""
    values: dict[str, Any] = {
        name: np.ascontiguousarray(value, np.int64) if np.ndim(value) else int(value)
        for name, value in distance._asdict().items()
    }
    return Distance(**values | {"broadcast": bool(distance.broadcast)})


class Window(NamedTuple):
    """When to measure: operations of all cores before the window opens, and inside it.

    A run is given up after `maximum_cycles` in which no operation was completed.
    """

    warmup_operations: int
    operations: int
    maximum_cycles: int = isa.LAST_CYCLE


class State(NamedTuple):
    """Everything that changes while a program runs."""

    program: np.ndarray
    threads: np.ndarray
    registers: Ints
    cores: np.ndarray
    lines: np.ndarray
    sharers: Ints
    fetches: np.ndarray  # [lines, groups] if reads of a package share a fetch, or one record
    words: Ints
    servers: np.ndarray
    homes: Ints  # until when each home node serves requests for its lines
    quantiles: Ints
    tree: Ints
    charges: np.ndarray
    account: Ints
    latencies: Ints
    ended: Ints  # when each operation of the window was completed
    totals: Ints  # see T_* below
    trace: np.ndarray
    distance: Distance
    window: Window


T_OPERATIONS, T_OPENED_AT, T_CLOSED_AT, T_EVENTS, T_STATUS, T_TRACED, T_DEADLINE = range(7)
TOTALS = 7
FINISHED, DEADLOCKED, TIMED_OUT, INVALID, STALLED = 1, 2, 3, 4, 5


def paces(speeds: Sequence[float]) -> list[int]:
    """Time of a cycle of work at each speed, in fixed point."""
    return [round((1 << isa.PACE_BITS) / speed) for speed in speeds]


def aligned_zeros(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Zeros that begin at a cache line of the host, so that no record straddles two of them."""
    size = math.prod(shape) * dtype.itemsize
    room = np.zeros(size + HOST_LINE, np.uint8)
    first = -room.ctypes.data % HOST_LINE
    return room[first : first + size].view(dtype).reshape(shape)


class Image(NamedTuple):
    """An assembled program, and how much it needs of everything.

    Attributes:
        program: instruction records.
        entry: (core, first instruction) of each thread; a core's threads run in this order.
        homes: home node of each cache line.
        servers, slots: numbers of FIFO servers and account slots.
        quantiles: int64[distributions, QUANTILES], fixed point with 16 fractional bits.
    """

    program: np.ndarray
    entry: Sequence[tuple[int, int]]
    homes: Sequence[int]
    servers: int
    slots: int
    quantiles: Ints


def new_state(
    image: Image,
    packages: Sequence[int],
    distance: Distance,
    window: Window,
    seed: int,
    traced: int = 0,
    speeds: Sequence[float] = (),
) -> State:
    """State before time 0.

    Args:
        image: what is to run.
        packages: package of each active core, as programs see it.
        distance, window: costs and measurement window.
        seed: root of the random streams of threads and cores.
        traced: capacity of the trace, in records.
        speeds: cycles of work that each core does in a cycle; none: 1 each.
    """
    n = len(packages)
    streams = np.random.SeedSequence(seed).generate_state(len(image.entry) + n, np.uint64)
    cores = new_cores(packages, speeds, streams[len(image.entry) :])
    threads, registers = new_threads(image.entry, cores, streams)
    share_cores(cores, distance)
    cores["package"][: len(distance.packages)] = distance.packages[:n]
    lines = new_lines(image.homes)
    return State(
        program=image.program,
        threads=threads,
        registers=registers,
        cores=cores,
        lines=lines,
        sharers=np.zeros((len(lines), -(-n >> isa.MASK_SHIFT)), np.int64),
        fetches=new_fetches(len(lines), cores["package"], distance),
        words=np.zeros(len(lines) * isa.WORDS_PER_LINE, np.int64),
        servers=np.zeros(max(image.servers, 1), records.SERVER),
        homes=np.zeros(int(lines["home"].max()) + 1, np.int64),
        quantiles=image.quantiles,
        tree=first_events(cores),
        charges=aligned_zeros((n, isa.SEGMENTS), records.CHARGE),
        account=np.zeros((n, image.slots), np.int64),
        latencies=np.zeros(window.operations, np.int64),
        ended=np.zeros(window.operations, np.int64),
        totals=np.zeros(TOTALS, np.int64),
        trace=np.zeros(max(traced, 1), records.TRACE),
        distance=canonical(distance),
        window=Window(*map(int, window)),
    )


def new_cores(packages: Sequence[int], speeds: Sequence[float], streams: np.ndarray) -> np.ndarray:
    """Cores that have nothing to do."""
    cores = aligned_zeros((len(packages),), records.CORE)
    cores["package"] = packages
    cores["pace"] = paces(speeds or [1.0] * len(packages))
    for name in ("thread", "head", "tail", "wait_from", "spin_line", "ipi_at"):
        cores[name] = isa.NONE
    cores["random"] = streams.astype(np.int64)
    return cores


def share_cores(cores: np.ndarray, distance: Distance) -> None:
    """Let hardware threads that are not alone on their core know of each other."""
    for core, other in enumerate(distance.neighbours):
        if other != isa.NONE:
            alone = int(cores[core]["pace"])
            cores[core]["neighbour"], cores[core]["pace_alone"] = other, alone
            cores[core]["pace"] = -((alone * distance.shared_pace) >> isa.PACE_BITS)
            cores[core]["pace_beside_spinner"] = (alone * distance.spun_pace) >> isa.PACE_BITS


def new_threads(
    entry: Sequence[tuple[int, int]], cores: np.ndarray, streams: np.ndarray
) -> tuple[np.ndarray, Ints]:
    """Threads with their registers, ready to run, at the ends of the queues of their cores."""
    threads = aligned_zeros((len(entry),), records.THREAD)
    registers = aligned_zeros((len(entry), isa.REGISTERS), np.dtype(np.int64))
    for t, (core, pc) in enumerate(entry):
        thread = threads[t]
        thread["pc"], thread["core"], thread["state"] = pc, core, isa.READY
        thread["next"] = thread["parked_on"] = isa.NONE
        thread["random"] = streams[t].astype(np.int64)
        registers[t, isa.R_CORE], registers[t, isa.R_THREAD] = core, t
        registers[t, isa.R_PACKAGE] = cores[core]["package"]
        if cores[core]["head"] == isa.NONE:
            cores[core]["head"] = t
        else:
            threads[cores[core]["tail"]]["next"] = t
        cores[core]["tail"] = t
    return threads, registers


def new_lines(homes: Sequence[int]) -> np.ndarray:
    """Lines that are in memory, and in no cache; one, where the program has none."""
    lines = aligned_zeros((max(len(homes), 1),), records.LINE)
    for name in ("owner", "spin_head", "spin_tail", "park_head", "park_tail"):
        lines[name] = isa.NONE
    lines["home"][: len(homes)] = homes
    lines["first_mask"], lines["last_mask"] = isa.NO_MASK, isa.NONE
    return lines


def new_fetches(lines: int, packages: Ints, distance: Distance) -> np.ndarray:
    """No group has fetched a line; one record where nobody asks."""
    combined = distance.combined_read_cycles >= 0
    groups = 1 + distance.groups[packages].max()
    fetches = np.zeros((lines, groups) if combined else (1, 1), records.FETCH)
    fetches["version"] = isa.NONE
    return fetches


def first_events(cores: np.ndarray) -> Ints:
    """Tree in which every core with a thread has an event at time 0."""
    tree = empty_tree(len(cores))
    leaves = tree.size // 2
    for core in np.flatnonzero(cores["head"] != isa.NONE):
        tree[leaves + core] = core
    for i in range(leaves - 1, 0, -1):
        tree[i] = min(tree[2 * i], tree[2 * i + 1])
    return tree
