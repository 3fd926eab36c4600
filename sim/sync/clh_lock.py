"""CLH lock: waiters queue, and each spins on its predecessor's line.

A thread marks its node busy, swaps it into the tail and spins on the node it found there; it
takes over that node for its next acquisition. One line moves per hand-off however many cores
wait. First come, first served. Source: Craig 1993; Landin and Hagersten 1994.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import R_CORE, R_THREAD
from sim.program.assembler import Assembler, Label
from sim.sync.lock import Lock
from sim.sync.spin_lock import SpinLocks, spin_lock

BUSY = 1
NAME = "clh_lock"


class ClhLock:
    """`count` CLH locks; which node a waiter owns stands in a private word of its own.

    Locks share the nodes, of which there is one for each waiter and one for each lock.

    Args:
        waiters: threads, or cores if no holder ever leaves its core to another thread.
        count: number of locks.
        waiter: register with the number of the waiter.
    """

    def __init__(
        self, asm: Assembler, waiters: int, count: int = 1, waiter: int = R_THREAD
    ) -> None:
        self.tail = asm.new_lines(count, NAME)
        self.node = asm.new_lines(1 + waiters + count, NAME)  # a tail of 0 is the lock's own node
        self.mine = asm.new_lines(waiters, NAME)
        self.before = self.mine + 1
        self.first_free = waiters + 1
        self.waiter = waiter

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Queue the own node, spin until the one before it is free."""
        with asm.registers(2) as (mine, before):
            queued = Label()
            self._load_mine(asm, mine)
            asm.emit(isa.STORE, address=self.node, index=mine, value=BUSY)
            asm.emit(isa.SWAP, address=self.tail, index=index, dst=before, source=mine)
            asm.branch(before, isa.NOT_EQUAL, 0, queued)
            asm.emit(isa.SET, dst=before, source=index, value=self.first_free)
            asm.place(queued)
            asm.emit(
                isa.AWAIT_TURN, address=self.node, index=before, value=0, cause=isa.C_LOCK_WAIT
            )
            asm.emit(isa.STORE, address=self.before, index=self.waiter, source=before)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Adopt the predecessor's node, then free the own one."""
        with asm.registers(2) as (mine, before):
            self._load_mine(asm, mine)
            asm.emit(isa.LOAD, address=self.before, index=self.waiter, dst=before)
            asm.emit(isa.STORE, address=self.mine, index=self.waiter, source=before)
            asm.emit(isa.STORE, address=self.node, index=mine, value=0)

    def _load_mine(self, asm: Assembler, mine: int) -> None:
        """Node that the waiter owns; 0 means its first, its number + 1."""
        known = Label()
        asm.emit(isa.LOAD, address=self.mine, index=self.waiter, dst=mine)
        asm.branch(mine, isa.NOT_EQUAL, 0, known)
        asm.emit(isa.SET, dst=mine, source=self.waiter, value=1)
        asm.place(known)


@spin_lock("clh")
def make_clh(asm: Assembler, of: SpinLocks, count: int) -> Lock:
    """CLH queue locks."""
    return ClhLock(asm, of.cores, count, R_CORE)
