"""Adaptive mutex: spins while the owner runs, sleeps otherwise (OSDI'10 section 4.7).

A thread that finds the mutex taken spins as long as the owner runs on its core, watching the
owner's word; every release lets all spinners fetch the line and try at once, so the hand-off
grows with the number of spinners. If the owner sleeps, or spinning has lasted too long, the
thread sleeps on the mutex and a release wakes the longest sleeper. A woken thread competes with
spinners that are already there and can starve. Source: Linux 2.6.35 kernel/mutex.c.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.assembler import Assembler, Label
from sim.engine.isa import R_THREAD


class AdaptiveMutex:
    """`count` mutexes, a line each: word 0 the owner's thread + 1 (0 free), word 1 the sleepers.

    Args:
        spin_cycles: a spinner looks again whether the owner still runs after this time.
        count: number of mutexes.
    """

    def __init__(self, asm: Assembler, spin_cycles: int, count: int = 1) -> None:
        self.owner = asm.new_lines(count, "mutex")
        self.sleepers = self.owner + 1
        self.spin_cycles = spin_cycles

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Try; spin while the owner runs; otherwise sleep and try again."""
        wait = isa.C_LOCK_WAIT
        owner, sleepers = self.owner, self.sleepers
        with asm.registers(2) as (holder, state):
            attempt, spin, held = Label(), Label(), Label()
            asm.place(attempt)
            asm.emit(isa.SET, dst=holder, value=0)
            asm.emit(
                isa.COMPARE_SWAP, address=owner, index=index, dst=holder, source=R_THREAD, value=1
            )
            asm.branch(holder, isa.EQUAL, 0, held)
            asm.place(spin)
            asm.emit(isa.RUNNING, dst=state, source=holder, value=-1)
            with_owner_running = Label()
            asm.branch(state, isa.EQUAL, 1, with_owner_running)
            asm.emit(isa.FETCH_ADD, address=sleepers, index=index, value=1, cause=wait)
            asm.emit(isa.PARK, address=owner, index=index, source=holder)
            asm.emit(isa.FETCH_ADD, address=sleepers, index=index, value=-1, cause=wait)
            asm.jump(attempt)
            asm.place(with_owner_running)
            asm.emit(
                isa.AWAIT_CHANGE,
                address=owner,
                index=index,
                source=holder,
                target=self.spin_cycles,
                cause=wait,
            )
            asm.emit(isa.LOAD, address=owner, index=index, dst=holder, cause=wait)
            asm.branch(holder, isa.EQUAL, 0, attempt)
            asm.jump(spin)
            asm.place(held)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Mark the mutex free; wake one sleeper if there are any."""
        with asm.registers(1) as (sleeping,):
            done = Label()
            asm.emit(isa.STORE, address=self.owner, index=index, value=0)
            asm.emit(isa.LOAD, address=self.sleepers, index=index, dst=sleeping)
            asm.branch(sleeping, isa.EQUAL, 0, done)
            asm.emit(isa.WAKE, address=self.owner, index=index, value=1)
            asm.place(done)
