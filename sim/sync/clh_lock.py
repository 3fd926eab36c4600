"""CLH lock: waiters queue, and each spins on its predecessor's line.

A thread marks its node busy, swaps it into the tail and spins on the node it found there; it
takes over that node for its next acquisition. One line moves per hand-off however many cores
wait. First come, first served. Source: Craig 1993; Landin and Hagersten 1994.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.assembler import Assembler, Label
from sim.engine.isa import R_THREAD

BUSY = 1


class ClhLock:
    """One CLH lock; which node a thread owns stands in a private word of its own."""

    def __init__(self, asm: Assembler, threads: int) -> None:
        self.tail = asm.new_lines()
        self.node = asm.new_lines(threads + 1)  # node 0 is the free one that the tail starts at
        self.mine = asm.new_lines(threads)
        self.before = self.mine + 1

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Queue the own node, spin until the one before it is free."""
        with asm.registers(2) as (mine, before):
            self._load_mine(asm, mine)
            asm.emit(isa.STORE, address=self.node, index=mine, value=BUSY)
            asm.emit(isa.SWAP, address=self.tail, dst=before, source=mine)
            asm.emit(
                isa.AWAIT_TURN, address=self.node, index=before, value=0, cause=isa.C_LOCK_WAIT
            )
            asm.emit(isa.STORE, address=self.before, index=R_THREAD, source=before)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Adopt the predecessor's node, then free the own one."""
        with asm.registers(2) as (mine, before):
            self._load_mine(asm, mine)
            asm.emit(isa.LOAD, address=self.before, index=R_THREAD, dst=before)
            asm.emit(isa.STORE, address=self.mine, index=R_THREAD, source=before, value=1)
            asm.emit(isa.STORE, address=self.node, index=mine, value=0)

    def _load_mine(self, asm: Assembler, mine: int) -> None:
        """Node that the thread owns; kept plus one, so that 0 means its first, thread + 1."""
        first, known = Label(), Label()
        asm.emit(isa.LOAD, address=self.mine, index=R_THREAD, dst=mine)
        asm.branch(mine, isa.EQUAL, 0, first)
        asm.emit(isa.SET, dst=mine, source=mine, value=-1)
        asm.jump(known)
        asm.place(first)
        asm.emit(isa.SET, dst=mine, source=R_THREAD, value=1)
        asm.place(known)
