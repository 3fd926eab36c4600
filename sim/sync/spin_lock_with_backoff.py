"""Spin lock with back-off: PostgreSQL's s_lock, a test-and-set lock whose waiters pause and sleep.

A thread swaps the lock's word until it was free. After a failure it pauses for a random time, and
after so many failures it sleeps for a random time of a millisecond or more. Nobody is served in
order, and nobody is woken. On x86-64 the swap is tried without a look at a cached copy first, so
every try moves the line, and the holder's release queues behind the tries under way: without the
pause the lock collapses. With it there is about one try under way however many wait; the hand-off
does not grow with the waiters, and they find a free lock the sooner the more they are.

Not modelled: the number of tries adapts to the past (10 to 1000; here it is a constant), and the
sleep grows with each repetition. PostgreSQL's own pause is one instruction; the pause here stands
for all that keeps real waiters from trying at once. Source: PostgreSQL 8.3,
src/backend/storage/lmgr/s_lock.c and src/include/storage/s_lock.h.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.engine import isa
from sim.engine.distributions import UNIFORM
from sim.engine.isa import R_CORE
from sim.program.assembler import Assembler, Label

HELD = 1


@dataclass(frozen=True)
class Backoff:
    """How a waiter waits.

    Attributes:
        pause_cycles: mean pause after a failed try.
        tries: tries before a sleep.
        sleep_cycles: mean sleep.
    """

    pause_cycles: int
    tries: int
    sleep_cycles: int


class SpinLockWithBackoff:
    """`count` spin locks, each in the first word of a line whose other words it protects.

    Args:
        cores: cores that may sleep.
        backoff: how a waiter waits.
        count: number of locks.
    """

    def __init__(self, asm: Assembler, cores: int, backoff: Backoff, count: int = 1) -> None:
        self.word = asm.new_lines(count, "s_lock")
        self.timers = asm.new_servers(cores)
        self.backoff = backoff

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Swap until the lock was free; sleep after every so many tries."""
        with asm.registers(2) as (old, left):
            rest, top, held = Label(), Label(), Label()
            asm.place(rest)
            asm.emit(isa.SET, dst=left, value=self.backoff.tries)
            asm.place(top)
            asm.emit(
                isa.SWAP,
                address=self.word,
                index=index,
                dst=old,
                value=HELD,
                cause=isa.C_LOCK_WAIT,
            )
            asm.branch(old, isa.NOT_EQUAL, HELD, held)
            self._wait(asm, old, self.backoff.pause_cycles, isa.C_LOCK_WAIT)
            asm.emit(isa.SET, dst=left, source=left, value=-1)
            asm.branch(left, isa.AT_LEAST, 1, top)
            with asm.at(asm.objects[asm.object], isa.IDLE):
                self._wait(asm, old, self.backoff.sleep_cycles, isa.C_BLOCKED)
            asm.jump(rest)
            asm.place(held)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Mark the lock free, without waiting for the line to do it on."""
        with asm.registers(1) as (free_at,):
            asm.emit(isa.POST, address=self.word, index=index, value=0, dst=free_at)

    def _wait(self, asm: Assembler, until: int, cycles: int, cause: int) -> None:
        """Let a random time pass, by a timer of the core's own."""
        asm.emit(isa.SAMPLE, dst=until, value=cycles, target=UNIFORM)
        asm.emit(isa.SUBMIT, address=self.timers, index=R_CORE, stride=1, source=until, dst=until)
        asm.emit(isa.AWAIT_TIME, source=until, cause=cause)
