"""Adaptive mutex: spins while the owner runs, sleeps otherwise (OSDI'10 sections 4.7 and 5.5).

A thread first counts the mutex down. If it was taken, the thread spins as long as the owner runs
on its core, watching the owner's word; when that changes, every spinner tries a compare-and-swap of
the count, without looking at it first, and tries on until a new owner has signed. A release
clears the owner *before* it frees the count, by a locked instruction, and because waiters have
counted, too, it must then set the count. Count and owner share a line, so the tries of all spinners
fall between the steps of the owner:

    owner      sign, clear: in the store buffer ...... line | free the count ...... line | set it
    spinners                    try try try try try                try try try try

Signing and clearing are plain stores: they wait for the line in the store buffer while the core
goes on. The locked instruction waits until they are out, and queues, as does the store after it. So
a hand-off takes one to two sweeps of the tries however short the critical section is. If the owner
sleeps, the thread sleeps on the mutex, and a release wakes the longest sleeper. A woken thread
competes with spinners that are already there and can starve.

Not modelled: spinners that give up because another thread wants their core, and the spin lock of
the list of sleepers. Source: Linux 2.6.35 kernel/mutex.c, kernel/sched.c (mutex_spin_on_owner)
and arch/x86/include/asm/mutex_64.h; Linux 2.6.36 stopped spinners from outliving a change of
owner, because of this behaviour on 64 cores.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import R_THREAD
from sim.program.assembler import Assembler, Label

FREE, TAKEN, SLEEPERS = 0, 1, 2  # Linux counts down: its count is 1 less this word


class AdaptiveMutex:
    """`count` mutexes, a line each: count, owner's thread + 1, number of sleepers.

    Args:
        spin_cycles: a spinner looks again whether the owner still runs after this time.
        count: number of mutexes.
    """

    def __init__(self, asm: Assembler, spin_cycles: int, count: int = 1) -> None:
        self.count = asm.new_lines(count, "mutex")
        self.owner = self.count + 1
        self.sleepers = self.count + 2
        self.spin_cycles = spin_cycles

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Count down; if that fails, spin while the owner runs, then sleep."""
        with asm.registers(1) as (old,):
            held = Label()
            asm.emit(isa.FETCH_ADD, address=self.count, index=index, dst=old, value=1)
            asm.branch(old, isa.EQUAL, FREE, held)
            self._spin(asm, index, old, held)
            self._sleep(asm, index, old, held)
            asm.place(held)
            self._sign(asm, index, old)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Clear the owner, free the count; if others have counted, wake a sleeper."""
        with asm.registers(1) as (old,):
            done = Label()
            asm.emit(isa.POST, address=self.owner, index=index, value=0, dst=old)
            asm.emit(isa.FETCH_ADD, address=self.count, index=index, dst=old, value=-1)
            asm.branch(old, isa.EQUAL, TAKEN, done)
            asm.emit(isa.STORE, address=self.count, index=index, value=FREE)
            asm.emit(isa.LOAD, address=self.sleepers, index=index, dst=old)
            asm.branch(old, isa.EQUAL, 0, done)
            asm.emit(isa.WAKE, address=self.count, index=index, value=1)
            asm.place(done)

    def _sign(self, asm: Assembler, index: int, scratch: int) -> None:
        """Say which thread owns the mutex, without waiting for the line to say it on."""
        asm.emit(isa.POST, address=self.owner, index=index, source=R_THREAD, value=1, dst=scratch)

    def _spin(self, asm: Assembler, index: int, old: int, held: Label) -> None:
        """Spin on the owner, try at each change; fall through if the owner does not run."""
        wait = isa.C_LOCK_WAIT
        with asm.registers(2) as (owner, state):
            look, attempt, asleep = Label(), Label(), Label()
            asm.place(look)
            asm.emit(isa.LOAD, address=self.owner, index=index, dst=owner, cause=wait)
            asm.branch(owner, isa.EQUAL, 0, attempt)
            again = asm.place()
            asm.emit(isa.RUNNING, dst=state, source=owner, value=-1)
            asm.branch(state, isa.EQUAL, 0, asleep)
            asm.emit(
                isa.AWAIT_CHANGE,
                address=self.owner,
                index=index,
                source=owner,
                target=self.spin_cycles,
                cause=wait,
            )
            asm.emit(isa.LOAD, address=self.owner, index=index, dst=state, cause=wait)
            asm.branch(state, isa.EQUAL, 0, again, source=owner)
            asm.place(attempt)
            asm.emit(isa.SET, dst=old, value=FREE)
            asm.emit(
                isa.COMPARE_SWAP, address=self.count, index=index, dst=old, value=TAKEN, cause=wait
            )
            asm.branch(old, isa.EQUAL, FREE, held)
            asm.jump(look)
            asm.place(asleep)

    def _sleep(self, asm: Assembler, index: int, old: int, held: Label) -> None:
        """Mark that there are sleepers, and sleep until the count was free at that moment."""
        wait = isa.C_LOCK_WAIT
        awake, top = Label(), Label()
        asm.emit(isa.FETCH_ADD, address=self.sleepers, index=index, value=1, cause=wait)
        asm.place(top)
        asm.emit(isa.SWAP, address=self.count, index=index, dst=old, value=SLEEPERS, cause=wait)
        asm.branch(old, isa.EQUAL, FREE, awake)
        asm.emit(isa.PARK, address=self.count, index=index, value=SLEEPERS)
        asm.jump(top)
        asm.place(awake)
        asm.emit(isa.FETCH_ADD, address=self.sleepers, index=index, value=-1, cause=wait)
        asm.jump(held)
