"""Spin locks by the names that settings give them, made for the cores of a machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.engine.isa import R_CORE
from sim.program.assembler import Assembler
from sim.sync.clh_lock import ClhLock
from sim.sync.cohort_lock import CohortLock
from sim.sync.lock import Lock
from sim.sync.mcs_lock import McsLock
from sim.sync.proportional_ticket_lock import ProportionalTicketLock
from sim.sync.qspinlock import QueuedSpinLock
from sim.sync.test_and_set_lock import TestAndSetLock, TestAndTestAndSetLock
from sim.sync.ticket_lock import TicketLock

if TYPE_CHECKING:
    from sim.sync.lock_kinds import Waiting


@dataclass(frozen=True)
class SpinLocks:
    """Spin locks of one kind. Their holders keep their cores: a queue has a node per core.

    Attributes:
        kind: a key of `KINDS`.
        waiting: how waiters wait.
        cores: active cores.
        packages: packages (dies) that they lie in.
    """

    kind: str
    waiting: Waiting
    cores: int
    packages: int

    def make(self, asm: Assembler, count: int = 1) -> Lock:
        """Make `count` locks, each of which an index names."""
        return KINDS[self.kind](asm, self, count)


KINDS: dict[str, Callable[[Assembler, SpinLocks, int], Lock]] = {
    "tas": lambda asm, of, count: TestAndSetLock(asm, count, of.waiting.backoff_cycles),
    "ttas": lambda asm, of, count: TestAndTestAndSetLock(asm, count, of.waiting.backoff_cycles),
    "ticket": lambda asm, of, count: TicketLock(asm, count),
    "ticket_proportional": lambda asm, of, count: ProportionalTicketLock(
        asm, of.cores, of.waiting.proportional_cycles, count
    ),
    "mcs": lambda asm, of, count: McsLock(asm, of.cores, count, R_CORE),
    "clh": lambda asm, of, count: ClhLock(asm, of.cores, count, R_CORE),
    "qspinlock": lambda asm, of, count: QueuedSpinLock(asm, of.cores, count),
    "cohort": lambda asm, of, count: CohortLock(
        asm, of.cores, of.packages, of.waiting.cohort_hand_offs, count
    ),
}
"""Every spin lock that a kernel or micro/lock can choose."""
