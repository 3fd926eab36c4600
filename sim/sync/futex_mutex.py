"""Futex mutex: the pthread mutex of Linux, which sleeps in the kernel when it is taken.

A free mutex is taken at user level with one compare-and-swap. A thread that finds it taken marks
it contended and sleeps; a release of a contended mutex wakes one sleeper, who competes with
whoever comes by meanwhile, so the mutex is not handed over and can be taken again at once
(barging). Word: 0 free, 1 taken, 2 taken and contended. Source: U. Drepper, Futexes Are Tricky,
mutex 2.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import SYSTEM
from sim.program.assembler import Assembler, Label


class FutexMutex:
    """`count` mutexes, a line each.

    Args:
        call_cycles: a futex system call.
        wake_cycles: of the caller, for the thread that it wakes.
        count: number of mutexes.
    """

    def __init__(self, asm: Assembler, call_cycles: int, wake_cycles: int, count: int = 1) -> None:
        self.word = asm.new_lines(count, "futex_mutex")
        self.call_cycles, self.wake_cycles = call_cycles, wake_cycles

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Take it if it is free; else mark it contended and sleep."""
        with asm.registers(1) as (old,):
            held = Label()
            asm.emit(isa.SET, dst=old, value=0)
            asm.emit(isa.COMPARE_SWAP, address=self.word, index=index, dst=old, value=1)
            asm.branch(old, isa.EQUAL, 0, held)
            again = asm.place()
            asm.emit(isa.SWAP, address=self.word, index=index, dst=old, value=2)
            asm.branch(old, isa.EQUAL, 0, held)
            with asm.at(asm.objects[asm.object], SYSTEM):
                asm.compute(self.call_cycles)
                asm.emit(isa.PARK, address=self.word, index=index, value=2)
            asm.jump(again)
            asm.place(held)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Free it; wake one sleeper if it was contended."""
        with asm.registers(1) as (old,):
            done = Label()
            asm.emit(isa.SWAP, address=self.word, index=index, dst=old, value=0)
            asm.branch(old, isa.LESS, 2, done)
            with asm.at(asm.objects[asm.object], SYSTEM):
                asm.compute(self.call_cycles + self.wake_cycles)
                asm.emit(isa.WAKE, address=self.word, index=index, value=1)
            asm.place(done)
