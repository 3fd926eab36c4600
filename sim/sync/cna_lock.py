"""NUMA-aware queued spin lock (CNA): a qspinlock whose queue prefers waiters of the own package.

As in qspinlock.py, who finds somebody pending or queueing joins an MCS queue, and its first spins
on the lock's own line. Here whoever leaves the queue looks along it for the next waiter of its
package and lets that one up; those in between are put aside, into a second queue, in their order:

    main    A1 > B1 > B2 > A2 > B3        A1 leaves:  main A2 > B3   aside B1 > B2

So lock and data stay in a package as long as it has waiters. Once in `hand_offs` times, or when no
waiter of the package is left, those aside go to the head of the queue. The lock itself is as large
as a qspinlock: the second queue is a ring, whose last node's number travels with the right to be
first, in the word that the next one spins on. What it costs is a look at the nodes in between,
whose lines their owners wrote, and fairness between packages.

First come, first served within a package. Between packages the wait has no bound but a likely one:
who leaves draws whether it is the one time. Source: Dice and Kogan, *Compact NUMA-aware Locks*,
EuroSys 2019, and A. Kogan's patches for qspinlock (2019 to 2021, not merged). Not modelled: the
time after which those aside go first whatever was drawn, and what qspinlock.py does not.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import R_CORE, R_PACKAGE
from sim.program.assembler import Assembler, Label
from sim.sync.lock import Lock
from sim.sync.qspinlock import LOCKED, PENDING, QUEUED, QueuedSpinLock
from sim.sync.spin_lock import SpinLocks, spin_lock

ALONE = 1  # what the next one is told: nobody is aside; more: the last one aside, and 1


class CnaLock(QueuedSpinLock):
    """`count` NUMA-aware queued spin locks, whose queues share a node per core.

    A node is a line: its successor, its turn, its package, and a word of its owner's own. Objects
    leave few registers free, so what is there already is read from the node again.

    Args:
        cores: cores that may wait; who waits does not leave its core.
        hand_offs: within a package, on average, before those aside go first; 0: they always do.
        count: number of locks.
    """

    def __init__(self, asm: Assembler, cores: int, hand_offs: int, count: int = 1) -> None:
        super().__init__(asm, cores, count)
        self.package, self.hand_offs = self.next + 2, hand_offs
        self.own_next, self.own_turn, self.own_package, self.own_word = (
            self.next + isa.WORDS_PER_LINE + word for word in range(4)
        )  # of a core's own node, whose number is one more than the core's

    def _queue(self, asm: Assembler, index: int, other: int) -> None:
        """Wait in the queue, then for holder and pending waiter; take the lock, let one up."""
        with asm.registers(2) as (first, second):
            held, others, done = Label(), Label(), Label()
            asm.emit(isa.STORE, address=self.own_package, index=R_CORE, source=R_PACKAGE)
            self.queue.join(asm, index, first, other)
            asm.branch(other, isa.NOT_EQUAL, 0, others)
            asm.emit(isa.FETCH_ADD, address=self.state, index=index, value=QUEUED)
            asm.emit(isa.STORE, address=self.own_turn, index=R_CORE, value=ALONE)
            asm.jump(held)
            asm.place(others)
            asm.emit(isa.STORE, address=self.next, index=other, source=first)
            asm.emit(
                isa.AWAIT,
                address=self.own_turn,
                index=R_CORE,
                value=0,
                condition=isa.NOT_EQUAL,
                cause=isa.C_LOCK_WAIT,
            )
            asm.place(held)
            self._await(asm, index, isa.LESS, PENDING)
            asm.emit(isa.INCREMENT, address=self.state, index=index, value=LOCKED)
            self._find_next(asm, index, (other, first, second), done)
            self._choose(asm, (other, first, second), done)
            asm.place(done)

    def _find_next(
        self, asm: Assembler, index: int, registers: tuple[int, int, int], done: Label
    ) -> None:
        """Find who comes after in the queue; if nobody does, let those aside up or empty it."""
        after, last, head = registers
        known, aside, failed, late = Label(), Label(), Label(), Label()
        asm.emit(isa.LOAD, address=self.own_next, index=R_CORE, dst=after)
        asm.branch(after, isa.NOT_EQUAL, 0, known)
        asm.emit(isa.LOAD, address=self.own_turn, index=R_CORE, dst=last)
        asm.branch(last, isa.NOT_EQUAL, ALONE, aside)
        asm.emit(isa.SET, dst=after, source=R_CORE, value=1)
        asm.emit(isa.COMPARE_SWAP, address=self.tail, index=index, dst=after, value=0)
        asm.branch(after, isa.NOT_EQUAL, 1, late, source=R_CORE)
        asm.emit(isa.FETCH_ADD, address=self.state, index=index, value=-QUEUED)
        asm.jump(done)
        asm.place(aside)
        self._ring(asm, last, head)
        asm.emit(isa.STORE, address=self.next, index=last, value=0)
        asm.emit(isa.SET, dst=after, source=R_CORE, value=1)
        asm.emit(isa.COMPARE_SWAP, address=self.tail, index=index, dst=after, source=last)
        asm.branch(after, isa.NOT_EQUAL, 1, failed, source=R_CORE)
        asm.emit(isa.STORE, address=self.turn, index=head, value=ALONE)
        asm.jump(done)
        asm.place(failed)
        asm.emit(isa.STORE, address=self.next, index=last, source=head)
        asm.place(late)
        asm.emit(isa.AWAIT, address=self.own_next, index=R_CORE, value=0, condition=isa.NOT_EQUAL)
        asm.emit(isa.LOAD, address=self.own_next, index=R_CORE, dst=after)
        asm.place(known)

    def _choose(self, asm: Assembler, registers: tuple[int, int, int], done: Label) -> None:
        """Let up the next waiter of the own package, or those aside, or whoever comes after."""
        after, last, found = registers
        in_order, near, plain = Label(), Label(), Label()
        asm.emit(isa.DRAW, dst=found, value=max(self.hand_offs, 1))
        asm.branch(found, isa.EQUAL, 0, in_order)
        self._scan(asm, registers, near, in_order)
        asm.emit(isa.STORE, address=self.own_word, index=R_CORE, source=found)
        self._put_aside(asm, registers)
        asm.emit(isa.LOAD, address=self.own_word, index=R_CORE, dst=found)
        asm.emit(isa.STORE, address=self.turn, index=found, source=last, value=ALONE)
        asm.jump(done)
        asm.place(near)
        asm.emit(isa.LOAD, address=self.own_turn, index=R_CORE, dst=last)
        asm.emit(isa.STORE, address=self.turn, index=after, source=last)
        asm.jump(done)
        asm.place(in_order)
        asm.emit(isa.LOAD, address=self.own_next, index=R_CORE, dst=after)
        asm.emit(isa.LOAD, address=self.own_turn, index=R_CORE, dst=last)
        asm.branch(last, isa.EQUAL, ALONE, plain)
        self._ring(asm, last, found)
        asm.emit(isa.STORE, address=self.next, index=last, source=after)
        asm.emit(isa.STORE, address=self.turn, index=found, value=ALONE)
        asm.jump(done)
        asm.place(plain)
        asm.emit(isa.STORE, address=self.turn, index=after, value=ALONE)

    def _ring(self, asm: Assembler, last: int, head: int) -> None:
        """Turn what was told of those aside into the numbers of their last and their first."""
        asm.emit(isa.SET, dst=last, source=last, value=-ALONE)
        asm.emit(isa.LOAD, address=self.next, index=last, dst=head)

    def _scan(
        self, asm: Assembler, registers: tuple[int, int, int], near: Label, none: Label
    ) -> None:
        """Find the first waiter of the own package, and the last of those before it.

        Goes on at `near` if that is the very next one, at `none` if there is none.
        """
        after, last, found = registers
        far, here = Label(), Label()
        asm.emit(isa.LOAD, address=self.package, index=after, dst=found)
        asm.branch(found, isa.EQUAL, 0, near, source=R_PACKAGE)
        asm.emit(isa.SET, dst=last, source=after)
        asm.place(far)
        asm.emit(isa.LOAD, address=self.next, index=last, dst=found)
        asm.branch(found, isa.EQUAL, 0, none)
        asm.emit(isa.LOAD, address=self.package, index=found, dst=after)
        asm.branch(after, isa.EQUAL, 0, here, source=R_PACKAGE)
        asm.emit(isa.SET, dst=last, source=found)
        asm.jump(far)
        asm.place(here)

    def _put_aside(self, asm: Assembler, registers: tuple[int, int, int]) -> None:
        """Append the waiters from the very next one to `last` to the ring of those aside."""
        spare, last, ring = registers
        none, joined = Label(), Label()
        asm.emit(isa.LOAD, address=self.own_turn, index=R_CORE, dst=ring)
        asm.branch(ring, isa.EQUAL, ALONE, none)
        self._ring(asm, ring, spare)
        asm.emit(isa.STORE, address=self.next, index=last, source=spare)
        asm.emit(isa.LOAD, address=self.own_next, index=R_CORE, dst=spare)
        asm.emit(isa.STORE, address=self.next, index=ring, source=spare)
        asm.jump(joined)
        asm.place(none)
        asm.emit(isa.LOAD, address=self.own_next, index=R_CORE, dst=spare)
        asm.emit(isa.STORE, address=self.next, index=last, source=spare)
        asm.place(joined)


@spin_lock("cna")
def make_cna(asm: Assembler, of: SpinLocks, count: int) -> Lock:
    """NUMA-aware queued spin locks."""
    return CnaLock(asm, of.cores, of.waiting.cohort_hand_offs, count)
