"""Adaptive mutex: spins while the owner runs, sleeps otherwise (OSDI'10 sections 4.7 and 5.5).

A thread that finds the mutex taken spins as long as the owner runs on its core, watching the
owner's word. When that changes, every spinner tries a compare-and-swap, whether or not the mutex
is still free, and goes on with the new owner if it failed. Unlike a spin lock's release, that of a
mutex is a locked instruction, on the line that the spinners read and try: it waits for all of
them, so a hand-off takes a whole sweep of the waiters however short the critical section is, and
twice as long as a ticket lock's. If the owner sleeps, the thread sleeps on the mutex and a release
wakes the longest sleeper. A woken thread competes with spinners that are already there and can
starve.

Linux keeps a count and the owner in two words of one line, written one right after the other;
here they are one word. Not modelled: the spin lock of the list of sleepers, and spinners that
give up because another thread wants their core. Source: Linux 2.6.35 kernel/mutex.c, kernel/sched.c
(mutex_spin_on_owner) and arch/x86/include/asm/mutex_64.h; Linux 2.6.36 stopped spinners from
outliving a change of owner.
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
            asm.emit(isa.LOAD, address=owner, index=index, dst=state, cause=wait)
            asm.branch(state, isa.EQUAL, 0, spin, source=holder)
            asm.jump(attempt)
            asm.place(held)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Mark the mutex free by a locked instruction; wake one sleeper if there are any."""
        with asm.registers(1) as (sleeping,):
            done = Label()
            asm.emit(isa.SWAP, address=self.owner, index=index, value=0)
            asm.emit(isa.LOAD, address=self.sleepers, index=index, dst=sleeping)
            asm.branch(sleeping, isa.EQUAL, 0, done)
            asm.emit(isa.WAKE, address=self.owner, index=index, value=1)
            asm.place(done)
