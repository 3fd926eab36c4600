"""Barriers: every core waits until all have arrived (SOSP'09 section 5.3).

Arrivals count up on one line; the last one starts the next generation, which the others wait for.
A spinning barrier (Barrelfish's OpenMP library) waits at user level: the last arrival costs one
write and a refetch by every waiter. A sleeping barrier (GOMP of GCC 4.3) enters the kernel to wait:
the last arrival wakes the others one after another, at the price of a system call and a wake-up
each, and each pays a context switch.

Every thread keeps in a register the number of barriers it has passed. Not modelled: spinning for
a while before sleeping, which GOMP does from GCC 4.4 on.
"""

from __future__ import annotations

from typing import Protocol

from sim.engine import isa
from sim.engine.assembler import Assembler, Label
from sim.engine.isa import SYSTEM


class Barrier(Protocol):
    """A barrier of all active cores."""

    def wait(self, asm: Assembler, passed: int) -> None:
        """Emit the instructions that return when all have arrived; counts up `passed`."""


class SpinBarrier:
    """Waits at user level; a line for arrivals and one for the generation."""

    def __init__(self, asm: Assembler, cores: int) -> None:
        self.cores = cores
        self.arrived = asm.new_lines(1, "barrier_arrived")
        self.generation = asm.new_lines(1, "barrier_generation")

    def wait(self, asm: Assembler, passed: int) -> None:
        """Arrive; the last arrival releases the others."""
        last, over = Label(), Label()
        with asm.at("barrier"):
            self.arrive(asm, last)
            self.sleep(asm, passed)
            asm.jump(over)
            asm.place(last)
            asm.emit(isa.STORE, address=self.arrived, value=0)
            asm.emit(isa.INCREMENT, address=self.generation, value=1)
            self.wake(asm)
            asm.place(over)
            asm.emit(isa.SET, dst=passed, source=passed, value=1)

    def arrive(self, asm: Assembler, last: Label) -> None:
        """Count this arrival; the last one goes to a label."""
        with asm.registers(1) as (before,):
            asm.emit(isa.FETCH_ADD, address=self.arrived, dst=before, value=1)
            asm.branch(before, isa.AT_LEAST, self.cores - 1, last)

    def sleep(self, asm: Assembler, passed: int) -> None:
        """Spin until the next generation."""
        asm.emit(
            isa.AWAIT,
            address=self.generation,
            source=passed,
            value=1,
            condition=isa.AT_LEAST,
            cause=isa.C_BARRIER,
        )

    def wake(self, asm: Assembler) -> None:
        """Tell the others: they see the new generation by themselves."""


class FutexBarrier(SpinBarrier):
    """Waits in the kernel.

    Args:
        call_cycles: a futex system call.
        wake_cycles: of the caller, for each thread that it wakes.
    """

    def __init__(self, asm: Assembler, cores: int, call_cycles: int, wake_cycles: int) -> None:
        super().__init__(asm, cores)
        self.call_cycles, self.wake_cycles = call_cycles, wake_cycles

    def sleep(self, asm: Assembler, passed: int) -> None:
        """Sleep unless the next generation has begun."""
        with asm.at("barrier", SYSTEM):
            asm.compute(self.call_cycles)
            asm.emit(isa.PARK, address=self.generation, source=passed, value=0)

    def wake(self, asm: Assembler) -> None:
        """Wake the others, one after another."""
        if self.cores > 1:
            with asm.at("barrier", SYSTEM):
                asm.compute(self.call_cycles)
                with asm.repeat(self.cores - 1):
                    asm.compute(self.wake_cycles)
                    asm.emit(isa.WAKE, address=self.generation, value=1)
