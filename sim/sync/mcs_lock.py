"""MCS lock: waiters queue, and each spins on a line of its own.

A thread swaps its queue node into the tail; if there was a predecessor it links itself behind it
and spins on its own node until the predecessor passes the lock on. One line moves per hand-off
however many cores wait. First come, first served. Source: Mellor-Crummey and Scott, ACM TOCS
1991; the remedy of *Non-scalable locks are dangerous* (Boyd-Wickizer et al. 2012).
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.assembler import Assembler, Label
from sim.engine.isa import R_THREAD


class McsLock:
    """One MCS lock; a thread's node is its own line: word 0 its successor, word 1 its turn."""

    def __init__(self, asm: Assembler, threads: int) -> None:
        self.tail = asm.new_lines()
        self.node = asm.new_lines(threads + 1)  # threads are numbered from 1 in the queue
        self.turn = self.node + 1

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Join the queue; spin on the own node if somebody was there."""
        with asm.registers(2) as (me, before):
            held = Label()
            asm.emit(isa.SET, dst=me, source=R_THREAD, value=1)
            asm.emit(isa.STORE, address=self.node, index=me, value=0)
            asm.emit(isa.STORE, address=self.turn, index=me, value=0)
            asm.emit(isa.SWAP, address=self.tail, dst=before, source=me)
            asm.branch(before, isa.EQUAL, 0, held)
            asm.emit(isa.STORE, address=self.node, index=before, source=me)
            asm.emit(isa.AWAIT_TURN, address=self.turn, index=me, value=1, cause=isa.C_LOCK_WAIT)
            asm.place(held)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Pass the lock to the successor, or empty the queue if there is none."""
        with asm.registers(3) as (me, after, last):
            known, done = Label(), Label()
            asm.emit(isa.SET, dst=me, source=R_THREAD, value=1)
            asm.emit(isa.LOAD, address=self.node, index=me, dst=after)
            asm.branch(after, isa.NOT_EQUAL, 0, known)
            asm.emit(isa.SET, dst=last, source=me)
            asm.emit(isa.COMPARE_SWAP, address=self.tail, dst=last, value=0)
            asm.branch(last, isa.EQUAL, 0, done, source=me)
            asm.emit(isa.AWAIT, address=self.node, index=me, value=0, condition=isa.NOT_EQUAL)
            asm.emit(isa.LOAD, address=self.node, index=me, dst=after)
            asm.place(known)
            asm.emit(isa.STORE, address=self.turn, index=after, value=1)
            asm.place(done)
