"""Queued mutex: the adaptive mutex whose spinners queue, and of whom the first alone tries.

A thread that finds the mutex taken joins an MCS queue (mcs_lock.py) before it spins, and spins on a
line of its own until it is the first. The first watches the owner as long as that runs on its core,
looks at the count, and tries a compare-and-swap only when it has seen it free; then it signs and
lets the next one watch. So a release is seen by one spinner however many wait, and a hand-off does
not grow with them; each arrival still counts on the mutex's line, where the first and the owner
meet it. If the owner sleeps, the first leaves the queue and sleeps, and those behind it find out in
turn. Newcomers may take a mutex that has just been freed before the first sees it. The line is
still in the releaser's cache, so who comes back at once comes first, again and again: a benchmark
without think time measures one core, or a few.

Not modelled: spinners that leave the queue because another thread wants their core, the first's
sleep when such a newcomer overtakes it (Linux 3.10 to 3.19), and what the adaptive mutex does not.
Source: Linux 3.10 kernel/mutex.c, Linux 3.15 kernel/locking/mutex.c and mcs_spinlock.c (optimistic
spinning); Linux 4.0 lets the first spin on when the owner changes.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.program.assembler import Assembler, Label
from sim.sync.adaptive_mutex import FREE, TAKEN, AdaptiveMutex
from sim.sync.mcs_lock import McsLock


class QueuedMutex(AdaptiveMutex):
    """`count` mutexes, a line each: an adaptive mutex's words, and the tail of the spinners' queue.

    Args:
        spin_cycles: the first spinner looks again whether the owner still runs after this time.
        cores: cores that may spin; who spins does not leave its core.
        count: number of mutexes.
    """

    def __init__(self, asm: Assembler, spin_cycles: int, cores: int, count: int = 1) -> None:
        super().__init__(asm, spin_cycles, count)
        self.queue = McsLock(asm, cores, waiter=R_CORE, tail=self.count + 3)

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Count down; if that fails, queue to spin while the owner runs, then sleep."""
        with asm.registers(1) as (old,):
            first, asleep, held, done = Label(), Label(), Label(), Label()
            asm.emit(isa.FETCH_ADD, address=self.count, index=index, dst=old, value=1)
            asm.branch(old, isa.EQUAL, FREE, held)
            self.queue.acquire(asm, index)
            self._watch(asm, index, first, asleep)
            asm.place(first)
            self._sign(asm, index, old)
            self.queue.release(asm, index)
            asm.jump(done)
            asm.place(asleep)
            self.queue.release(asm, index)
            self._sleep(asm, index, old, held)
            asm.place(held)
            self._sign(asm, index, old)
            asm.place(done)

    def _watch(self, asm: Assembler, index: int, taken: Label, asleep: Label) -> None:
        """Watch owner and count until the mutex was free and is taken, or the owner sleeps."""
        with asm.registers(2) as (seen, state):
            look, free = Label(), Label()
            asm.place(look)
            asm.emit(isa.LOAD, address=self.owner, index=index, dst=seen, cause=isa.C_LOCK_WAIT)
            asm.branch(seen, isa.EQUAL, 0, free)
            asm.emit(isa.RUNNING, dst=state, source=seen, value=-1)
            asm.branch(state, isa.EQUAL, 0, asleep)
            self._await_change(asm, self.owner, index, seen)
            asm.jump(look)
            asm.place(free)
            attempt = Label()
            asm.emit(isa.LOAD, address=self.count, index=index, dst=seen, cause=isa.C_LOCK_WAIT)
            asm.branch(seen, isa.EQUAL, FREE, attempt)
            self._await_change(asm, self.count, index, seen)
            asm.jump(look)
            asm.place(attempt)
            asm.emit(
                isa.COMPARE_SWAP,
                address=self.count,
                index=index,
                dst=seen,
                value=TAKEN,
                cause=isa.C_LOCK_WAIT,
            )
            asm.branch(seen, isa.EQUAL, FREE, taken)
            asm.jump(look)

    def _await_change(self, asm: Assembler, word: int, index: int, seen: int) -> None:
        """Spin until the mutex's line is written, unless the word is no longer as seen."""
        asm.emit(
            isa.AWAIT_CHANGE,
            address=word,
            index=index,
            source=seen,
            target=self.spin_cycles,
            cause=isa.C_LOCK_WAIT,
        )
