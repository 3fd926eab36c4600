"""Queued spin lock (qspinlock): Linux's spin lock since 4.2, a pending bit before an MCS queue.

A free lock is taken with one compare-and-swap. The first waiter sets the pending bit and spins on
the lock's own line; whoever finds somebody pending or queueing joins an MCS queue, in which each
spins on a line of its own. The first of the queue spins on the lock's line, too, until holder and
pending waiter are gone. So at most two cores spin on the line that the holder writes, and with two
cores at the lock no queue node is touched. A release is a plain store. Nobody overtakes the queue;
between a first and a second waiter that arrive together the line decides.

The words of the lock's line are its state and the queue's tail, which Linux packs into 32 bits: the
first to queue marks that in the state by a locked instruction of its own. Not modelled: the try
between pending bit and queue, and paravirtual kick and sleep. Source: Linux 4.2
kernel/locking/qspinlock.c (Long, Zijlstra).
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.program.assembler import Assembler, Label
from sim.sync.lock import Lock
from sim.sync.mcs_lock import McsLock
from sim.sync.spin_lock import SpinLocks, spin_lock

NAME = "qspinlock"
QUEUED, PENDING, LOCKED = 1, 1 << 10, 1 << 20  # parts of the state; it may be marked twice at once


class QueuedSpinLock:
    """`count` queued spin locks, whose queues share a node per core.

    Args:
        cores: cores that may wait; who waits does not leave its core.
        count: number of locks.
    """

    def __init__(self, asm: Assembler, cores: int, count: int = 1) -> None:
        self.state = asm.new_lines(count, NAME)
        self.tail = self.state + 1
        self.queue = McsLock(asm, cores, waiter=R_CORE, tail=self.tail)
        self.next, self.turn = self.queue.node, self.queue.turn

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Take the free lock, or wait as the one who is pending, or in the queue."""
        with asm.registers(1) as (seen,):
            choose, attempt, queue, held = Label(), Label(), Label(), Label()
            asm.emit(isa.SET, dst=seen, value=0)
            self._try(asm, index, seen, LOCKED)
            asm.branch(seen, isa.EQUAL, 0, held)
            asm.branch(seen, isa.NOT_EQUAL, PENDING, choose)  # else it is about to be taken
            self._await(asm, index, isa.NOT_EQUAL, PENDING)
            asm.emit(isa.LOAD, address=self.state, index=index, dst=seen, cause=isa.C_LOCK_WAIT)
            asm.place(choose)
            asm.branch(seen, isa.EQUAL, 0, attempt)
            asm.branch(seen, isa.NOT_EQUAL, LOCKED, queue)
            self._try(asm, index, seen, LOCKED + PENDING)
            asm.branch(seen, isa.NOT_EQUAL, LOCKED, choose)
            self._await(asm, index, isa.LESS, LOCKED)
            asm.emit(isa.INCREMENT, address=self.state, index=index, value=LOCKED - PENDING)
            asm.jump(held)
            asm.place(attempt)
            self._try(asm, index, seen, LOCKED)
            asm.branch(seen, isa.NOT_EQUAL, 0, choose)
            asm.jump(held)
            asm.place(queue)
            self._queue(asm, index, seen)
            asm.place(held)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Clear the holder's byte."""
        asm.emit(isa.INCREMENT, address=self.state, index=index, value=-LOCKED)

    def _queue(self, asm: Assembler, index: int, other: int) -> None:
        """Wait in the queue, then for holder and pending waiter; take the lock, let the next up."""
        with asm.registers(1) as (me,):
            first, others, done = Label(), Label(), Label()
            self.queue.join(asm, index, me, other)
            asm.branch(other, isa.NOT_EQUAL, 0, others)
            asm.emit(isa.FETCH_ADD, address=self.state, index=index, value=QUEUED)
            asm.jump(first)
            asm.place(others)
            asm.emit(isa.STORE, address=self.next, index=other, source=me)
            asm.emit(isa.AWAIT_TURN, address=self.turn, index=me, value=1, cause=isa.C_LOCK_WAIT)
            asm.place(first)
            self._await(asm, index, isa.LESS, PENDING)
            asm.emit(isa.INCREMENT, address=self.state, index=index, value=LOCKED)
            self._leave(asm, index, me, other, done)
            asm.emit(isa.STORE, address=self.turn, index=other, value=1)
            asm.place(done)

    def _leave(self, asm: Assembler, index: int, me: int, after: int, done: Label) -> None:
        """Empty the queue and go on at `done`, or find who comes after."""
        contended = Label()
        asm.emit(isa.LOAD, address=self.tail, index=index, dst=after)
        asm.branch(after, isa.NOT_EQUAL, 0, contended, source=me)
        asm.emit(isa.COMPARE_SWAP, address=self.tail, index=index, dst=after, value=0)
        asm.branch(after, isa.NOT_EQUAL, 0, contended, source=me)
        asm.emit(isa.FETCH_ADD, address=self.state, index=index, value=-QUEUED)
        asm.jump(done)
        asm.place(contended)
        asm.emit(isa.AWAIT, address=self.next, index=me, value=0, condition=isa.NOT_EQUAL)
        asm.emit(isa.LOAD, address=self.next, index=me, dst=after)

    def _try(self, asm: Assembler, index: int, seen: int, wanted: int) -> None:
        """Change the state from what a register holds; the register then holds what was there."""
        asm.emit(
            isa.COMPARE_SWAP,
            address=self.state,
            index=index,
            dst=seen,
            value=wanted,
            cause=isa.C_LOCK_WAIT,
        )

    def _await(self, asm: Assembler, index: int, condition: int, value: int) -> None:
        """Spin until the state compares with a value as given."""
        asm.emit(
            isa.AWAIT,
            address=self.state,
            index=index,
            condition=condition,
            value=value,
            cause=isa.C_LOCK_WAIT,
        )


@spin_lock("qspinlock")
def make_qspinlock(asm: Assembler, of: SpinLocks, count: int) -> Lock:
    """Linux's queued spin locks."""
    return QueuedSpinLock(asm, of.cores, count)
