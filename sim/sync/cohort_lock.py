"""Cohort lock (C-TKT-MCS): a queue in each package, and one lock between packages.

A thread queues for its package's MCS lock and then, unless its predecessor hands it over, takes the
global lock, a ticket lock. A holder with a successor in its own package passes both locks on by one
store into a line that moves within the package; only after `hand_offs` of these in a row, or
without a successor, does it release the global lock. So lock and data rarely cross between
packages, and at most one core of each package spins on the global lock's line. First come, first
served within a package and, between packages, by their turns; a package may have many turns in a
row. Source: Dice, Marathe and Shavit, *Lock Cohorting*, PPoPP 2012. Where a package has several
dies, a cohort is a die. Not modelled: giving up after a time.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import R_CORE, R_PACKAGE
from sim.program.assembler import Assembler, Label
from sim.sync.lock import Lock
from sim.sync.mcs_lock import McsLock
from sim.sync.spin_lock import SpinLocks, spin_lock
from sim.sync.ticket_lock import TicketLock

NAME = "cohort_lock"
ALONE = 1  # what a successor is told: take the global lock; more: it is yours, one hand-off later


class CohortLock:
    """`count` cohort locks, whose queues share a node per core: its successor, and its turn.

    Args:
        cores: cores that may wait; who waits or holds does not leave its core.
        packages: packages (dies) that they lie in.
        hand_offs: within a package, in a row.
        count: number of locks.
    """

    def __init__(
        self, asm: Assembler, cores: int, packages: int, hand_offs: int, count: int = 1
    ) -> None:
        self.far = TicketLock(asm, count, NAME)
        self.tail = asm.new_lines(count * packages, NAME)
        self.queue = McsLock(asm, cores, waiter=R_CORE, tail=self.tail)
        self.next, self.turn = self.queue.node, self.queue.turn
        self.packages, self.hand_offs = packages, hand_offs

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Queue in the package; take the global lock unless it was handed over."""
        with asm.registers(2) as (me, before):
            queued, alone, held = Label(), Label(), Label()
            with asm.registers(1) as (near,):
                self._choose_near(asm, index, near)
                self.queue.join(asm, near, me, before)
            asm.branch(before, isa.NOT_EQUAL, 0, queued)
            asm.emit(isa.STORE, address=self.turn, index=me, value=ALONE)
            asm.jump(alone)
            asm.place(queued)
            asm.emit(isa.STORE, address=self.next, index=before, source=me)
            asm.emit(
                isa.AWAIT,
                address=self.turn,
                index=me,
                value=0,
                condition=isa.NOT_EQUAL,
                cause=isa.C_LOCK_WAIT,
            )
            asm.emit(isa.LOAD, address=self.turn, index=me, dst=before)
            asm.branch(before, isa.NOT_EQUAL, ALONE, held)
            asm.place(alone)
            self.far.acquire(asm, index)
            asm.place(held)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Pass both locks to the successor in the package; else release the global one first."""
        with asm.registers(3) as (me, after, turn):
            others, hand_over, done = Label(), Label(), Label()
            asm.emit(isa.SET, dst=me, source=R_CORE, value=1)
            asm.emit(isa.LOAD, address=self.turn, index=me, dst=turn)
            asm.emit(isa.LOAD, address=self.next, index=me, dst=after)
            asm.branch(after, isa.EQUAL, 0, others)
            asm.branch(turn, isa.LESS, ALONE + self.hand_offs, hand_over)
            asm.place(others)
            self.far.release(asm, index)
            self._leave_alone(asm, index, (me, after, turn), done)
            asm.place(hand_over)
            asm.emit(isa.STORE, address=self.turn, index=after, source=turn, value=1)
            asm.place(done)

    def _leave_alone(
        self, asm: Assembler, index: int, registers: tuple[int, int, int], done: Label
    ) -> None:
        """Empty the package's queue, or tell the next in it to take the global lock; go to done."""
        me, after, near = registers
        known = Label()
        asm.branch(after, isa.NOT_EQUAL, 0, known)
        self._choose_near(asm, index, near)
        asm.emit(isa.SET, dst=after, source=me)
        asm.emit(isa.COMPARE_SWAP, address=self.tail, index=near, dst=after, value=0)
        asm.branch(after, isa.EQUAL, 0, done, source=me)
        asm.emit(isa.AWAIT, address=self.next, index=me, value=0, condition=isa.NOT_EQUAL)
        asm.emit(isa.LOAD, address=self.next, index=me, dst=after)
        asm.place(known)
        asm.emit(isa.STORE, address=self.turn, index=after, value=ALONE)
        asm.jump(done)

    def _choose_near(self, asm: Assembler, index: int, near: int) -> None:
        """Put the number of the own package's queue into a register."""
        asm.emit(isa.SET, dst=near, source=R_PACKAGE)
        if index != isa.NONE:
            asm.emit(isa.ADD, dst=near, source=index, value=self.packages)


@spin_lock("cohort")
def make_cohort(asm: Assembler, of: SpinLocks, count: int) -> Lock:
    """Cohort locks."""
    return CohortLock(asm, of.cores, of.packages, of.waiting.cohort_hand_offs, count)
