"""Small machines, and programs in which every core repeats one operation, for tests of the engine.

The costs are small primes, so that two different ways of adding them up rarely give one sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import yaml

from sim.engine import isa
from sim.engine.state import Distance, Window
from sim.machine.coherence import distances, expected_over_others
from sim.machine.settings.hardware import Hardware
from sim.machine.topology import active_packages
from sim.program.assembler import Assembler
from sim.program.simulation import Measurement
from sim.sync.adaptive_mutex import AdaptiveMutex
from sim.sync.clh_lock import ClhLock
from sim.sync.cohort_lock import CohortLock
from sim.sync.lightweight_lock import LightweightLock
from sim.sync.lock import Lock
from sim.sync.lock_kinds import Waiting
from sim.sync.mcs_lock import McsLock
from sim.sync.per_core_counter import PerCoreCounter
from sim.sync.proportional_ticket_lock import ProportionalTicketLock
from sim.sync.qspinlock import QueuedSpinLock
from sim.sync.queued_mutex import QueuedMutex
from sim.sync.shared_counter import SharedCounter
from sim.sync.sloppy_counter import SloppyCounter
from sim.sync.spin_lock import KINDS, SpinLocks
from sim.sync.spin_lock_with_backoff import Backoff, SpinLockWithBackoff
from sim.sync.test_and_set_lock import TestAndSetLock, TestAndTestAndSetLock
from sim.sync.ticket_lock import TicketLock, TicketLockOneByOne

OPTERON = Path(__file__).parents[1] / "conf" / "hardware" / "opteron_8x6.yaml"

Body = Callable[[Assembler], None]

WAITING = Waiting(backoff_cycles=97, proportional_cycles=131, cohort_hand_offs=3)
PACKAGES = 8  # of the largest machine that locks are tried on
BACKOFF = Backoff(pause_cycles=89, tries=5, sleep_cycles=3001)

LOCKS: dict[str, Callable[[Assembler, int], Lock]] = {
    "ticket": lambda asm, threads: TicketLock(asm),
    "ticket_one_by_one": lambda asm, threads: TicketLockOneByOne(asm),
    "mcs": McsLock,
    "clh": ClhLock,
    "test_and_set": lambda asm, threads: TestAndSetLock(asm),
    "test_and_test_and_set": lambda asm, threads: TestAndTestAndSetLock(asm),
    "test_and_set_with_back_off": lambda asm, threads: TestAndSetLock(asm, backoff_cycles=97),
    "ticket_proportional": lambda asm, threads: ProportionalTicketLock(asm, threads, cycles=131),
    "qspinlock": QueuedSpinLock,
    "cohort": lambda asm, threads: CohortLock(asm, threads, PACKAGES, hand_offs=3),
    "adaptive_mutex": lambda asm, threads: AdaptiveMutex(asm, spin_cycles=211),
    "queued_mutex": lambda asm, threads: QueuedMutex(asm, spin_cycles=211, cores=threads),
    "spin_lock_with_backoff": lambda asm, threads: SpinLockWithBackoff(asm, threads, BACKOFF),
    "lightweight_lock": lambda asm, threads: LightweightLock(asm, threads, BACKOFF),
}
for name, make in KINDS.items():
    if name not in ("tas", "ttas"):  # which stand above in full
        LOCKS.setdefault(
            name,
            lambda asm, threads, of=make, kind=name: of(
                asm, SpinLocks(kind, WAITING, threads, PACKAGES), 1
            ),
        )
"""Every lock, made for a number of threads."""

COUNTERS: dict[str, Callable[[Assembler, int], SharedCounter | SloppyCounter | PerCoreCounter]] = {
    "shared": lambda asm, cores: SharedCounter(asm),
    "sloppy": lambda asm, cores: SloppyCounter(asm, cores, threshold=2),
    "per_core": PerCoreCounter,
}
"""Every counter, made for a number of cores."""


def costs(
    packages: Sequence[int],
    *,
    transfer: tuple[int, int] = (101, 43),
    occupancy: tuple[int, int] = (61, 29),
    memory: int = 149,
    hit: int = 3,
    locked: int = 7,
    switch: int = 307,
    wake: int = 509,
    broadcast: bool = False,
    ownership: tuple[int, int] = (71, 173),
    home: int = 0,
    completion: int = 0,
) -> Distance:
    """Costs on packages in a row: (within a package, for each step between packages).

    Where misses are broadcast, `ownership` is (within a package, across).
    """
    number = np.arange(max(packages) + 1)
    steps = abs(number[:, None] - number[None, :])
    moves = transfer[0] + transfer[1] * steps
    takes = np.where(steps == 0, *ownership) if broadcast else moves
    keeps = occupancy[0] + occupancy[1] * steps
    return Distance(
        transfer=moves,
        occupancy=keeps,
        expected_occupancy=expected_over_others(keeps, packages),
        bulk_transfer=expected_over_others(moves, packages),
        packages=np.array(packages),
        groups=number,
        near_transfer=np.diag(moves).copy(),
        active_packages=len(set(packages)),
        broadcast=broadcast,
        invalidation=takes,
        farthest_invalidation=takes[:, sorted(set(packages))].max(axis=1),
        home_occupancy_cycles=home,
        completion_cycles=completion,
        memory_cycles=memory,
        hit_cycles=hit,
        locked_cycles=locked,
        context_switch_cycles=switch,
        wake_cycles=wake,
    )


def opteron(cores: int) -> tuple[list[int], Distance]:
    """Packages and costs of the first cores of the 48-core machine, filled package by package."""
    hardware = Hardware(**yaml.safe_load(OPTERON.read_text()))
    packages = active_packages(hardware.topology, cores, "package")
    return packages, distances(hardware, packages)


def window(operations: int, warmup: int = 0, maximum: int = 10**12) -> Window:
    """A window of so many operations, after a warm-up of so many."""
    return Window(warmup_operations=warmup, operations=operations, maximum_cycles=maximum)


def new_program() -> Assembler:
    """A program without instructions whose account has one object, `test`."""
    asm = Assembler()
    asm.object = asm.object_id("test")
    return asm


def start(asm: Assembler, core: int, body: Body, times: int | None = None) -> None:
    """Start a thread on a core that executes a body for ever, or so many times and then ends."""
    with asm.registers(1) as (left,):
        entry = asm.place()
        asm.emit(isa.SET, dst=left, value=times or 0)
        top = asm.place()
        body(asm)
        if times is None:
            asm.jump(top)
        else:
            asm.emit(isa.SET, dst=left, source=left, value=-1)
            asm.branch(left, isa.AT_LEAST, 1, top)
            asm.emit(isa.HALT)
    asm.thread(core, entry)


@contextmanager
def operation(asm: Assembler) -> Iterator[None]:
    """Count the instructions emitted inside as one operation."""
    asm.emit(isa.BEGIN)
    yield
    asm.emit(isa.END)


def assert_same(one: Measurement, other: Measurement) -> None:
    """Two runs measured the same, to the cycle and the event."""
    assert one.elapsed == other.elapsed
    assert one.events == other.events
    assert one.operations == other.operations
    assert one.objects == other.objects
    np.testing.assert_array_equal(one.latencies, other.latencies)
    np.testing.assert_array_equal(one.ended, other.ended)
    np.testing.assert_array_equal(one.words, other.words)
    np.testing.assert_array_equal(one.account, other.account)
