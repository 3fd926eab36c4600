"""MCS lock: waiters queue, and each spins on a line of its own.

A thread swaps its queue node into the tail; if there was a predecessor it links itself behind it
and spins on its own node until the predecessor passes the lock on. One line moves per hand-off
however many cores wait. First come, first served. Source: Mellor-Crummey and Scott, ACM TOCS
1991; the remedy of *Non-scalable locks are dangerous* (Boyd-Wickizer et al. 2012).
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import R_CORE, R_THREAD
from sim.program.assembler import Assembler, Label
from sim.sync.lock import Lock
from sim.sync.spin_lock import SpinLocks, spin_lock

NAME = "mcs_lock"


class McsLock:
    """`count` MCS locks, whose queues share nodes: a waiter is in one queue at a time.

    A node is a line: word 0 is its successor, word 1 its turn.

    Args:
        waiters: threads, or cores if no holder ever leaves its core to another thread.
        count: number of locks.
        waiter: register with the number of the node's owner.
        tail: word of the tail, if it lies in a line of another object; default: a line of its own.
    """

    def __init__(
        self,
        asm: Assembler,
        waiters: int,
        count: int = 1,
        waiter: int = R_THREAD,
        tail: int | None = None,
    ) -> None:
        self.tail = asm.new_lines(count, NAME) if tail is None else tail
        name = asm.region_of(self.tail).name
        self.node = asm.new_lines(waiters + 1, name)  # waiters are numbered from 1 in the queue
        self.turn = self.node + 1
        self.waiter = waiter

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Join the queue; spin on the own node if somebody was there."""
        with asm.registers(2) as (me, before):
            held = Label()
            self.join(asm, index, me, before)
            asm.branch(before, isa.EQUAL, 0, held)
            asm.emit(isa.STORE, address=self.node, index=before, source=me)
            asm.emit(isa.AWAIT_TURN, address=self.turn, index=me, value=1, cause=isa.C_LOCK_WAIT)
            asm.place(held)

    def join(self, asm: Assembler, index: int, me: int, before: int) -> None:
        """Swap the own node into the tail: registers get its number, and the predecessor's or 0."""
        asm.emit(isa.SET, dst=me, source=self.waiter, value=1)
        asm.emit(isa.STORE, address=self.node, index=me, value=0)
        asm.emit(isa.STORE, address=self.turn, index=me, value=0)
        asm.emit(isa.SWAP, address=self.tail, index=index, dst=before, source=me)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Pass the lock to the successor, or empty the queue if there is none."""
        with asm.registers(3) as (me, after, last):
            known, done = Label(), Label()
            asm.emit(isa.SET, dst=me, source=self.waiter, value=1)
            asm.emit(isa.LOAD, address=self.node, index=me, dst=after)
            asm.branch(after, isa.NOT_EQUAL, 0, known)
            asm.emit(isa.SET, dst=last, source=me)
            asm.emit(isa.COMPARE_SWAP, address=self.tail, index=index, dst=last, value=0)
            asm.branch(last, isa.EQUAL, 0, done, source=me)
            asm.emit(isa.AWAIT, address=self.node, index=me, value=0, condition=isa.NOT_EQUAL)
            asm.emit(isa.LOAD, address=self.node, index=me, dst=after)
            asm.place(known)
            asm.emit(isa.STORE, address=self.turn, index=after, value=1)
            asm.place(done)


@spin_lock("mcs")
def make_mcs(asm: Assembler, of: SpinLocks, count: int) -> Lock:
    """MCS queue locks."""
    return McsLock(asm, of.cores, count, R_CORE)
