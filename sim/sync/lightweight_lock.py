"""Lightweight lock: PostgreSQL's LWLock, a spin lock around a queue of sleepers.

A spin lock protects the state of the lock, for a few instructions. A thread that finds the lock
held queues up and sleeps on its semaphore; a release wakes the first of the queue, which must
compete for the lock like everybody else, and no second one is woken until it has tried. So waiters
leave their cores idle instead of spinning, and each sleep costs a context switch and the wake-up.
Only the exclusive mode is modelled. Source: PostgreSQL 8.3, src/backend/storage/lmgr/lwlock.c.
"""

from __future__ import annotations

from sim.engine import isa
from sim.program.assembler import Assembler, Label
from sim.sync.spin_lock_with_backoff import Backoff, SpinLockWithBackoff

HELD = 1


class LightweightLock:
    """`count` lightweight locks; a line holds the spin lock and the state that it protects."""

    def __init__(self, asm: Assembler, cores: int, backoff: Backoff, count: int = 1) -> None:
        self.spin_lock = SpinLockWithBackoff(asm, cores, backoff, count)
        self.held = self.spin_lock.word + 1
        self.releases = self.spin_lock.word + 2
        self.sleepers = self.spin_lock.word + 3
        self.waking = self.spin_lock.word + 4

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Take the lock if it is free; otherwise queue up, sleep, and try again."""
        with asm.registers(2) as (r, scratch):
            attempt, taken = Label(), Label()
            self.spin_lock.acquire(asm, index)
            asm.place(attempt)
            asm.emit(isa.LOAD, address=self.held, index=index, dst=r)
            asm.branch(r, isa.NOT_EQUAL, HELD, taken)
            asm.emit(isa.LOAD, address=self.releases, index=index, dst=r)
            asm.emit(isa.INCREMENT, address=self.sleepers, index=index, value=1)
            self.spin_lock.release(asm, index)
            asm.emit(isa.PARK, address=self.releases, index=index, source=r)
            self.spin_lock.acquire(asm, index)
            asm.emit(isa.INCREMENT, address=self.sleepers, index=index, value=-1)
            asm.emit(isa.POST, address=self.waking, index=index, value=0, dst=scratch)
            asm.jump(attempt)
            asm.place(taken)
            asm.emit(isa.POST, address=self.held, index=index, value=HELD, dst=scratch)
            self.spin_lock.release(asm, index)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Free the lock; wake the first sleeper unless one is on its way."""
        with asm.registers(2) as (r, scratch):
            free, done = Label(), Label()
            self.spin_lock.acquire(asm, index)
            asm.emit(isa.LOAD, address=self.releases, index=index, dst=r)
            asm.emit(isa.POST, address=self.held, index=index, value=0, dst=scratch)
            asm.emit(isa.POST, address=self.releases, index=index, source=r, value=1, dst=scratch)
            asm.emit(isa.LOAD, address=self.sleepers, index=index, dst=r)
            asm.branch(r, isa.EQUAL, 0, free)
            asm.emit(isa.LOAD, address=self.waking, index=index, dst=r)
            asm.emit(isa.POST, address=self.waking, index=index, value=1, dst=scratch)
            self.spin_lock.release(asm, index)
            asm.branch(r, isa.NOT_EQUAL, 0, done)
            asm.emit(isa.WAKE, address=self.releases, index=index, value=1)
            asm.jump(done)
            asm.place(free)
            self.spin_lock.release(asm, index)
            asm.place(done)
