"""Futex barrier: a barrier that waits asleep in the kernel (SOSP'09 section 5.3).

That of GOMP in GCC 4.3: a thread that is not the last to come sleeps in a system call; the last one
wakes the others, one after another, in another. Each pays a wake-up and a context switch. Sleeping
is idle time, unless another thread has work for the core.

Not modelled: spinning for a while before sleeping, which GOMP does from GCC 4.4 on.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import SYSTEM
from sim.program.assembler import Assembler, Label
from sim.sync.barrier import Barrier


class FutexBarrier(Barrier):
    """A barrier for so many threads, of two lines.

    Args:
        call_cycles: a futex system call.
        wake_cycles: of the caller, for each thread that it wakes.
    """

    def __init__(self, asm: Assembler, threads: int, call_cycles: int, wake_cycles: int) -> None:
        super().__init__(asm, threads)
        self.call_cycles, self.wake_cycles = call_cycles, wake_cycles

    def wait(self, asm: Assembler) -> None:
        """Come; sleep until all threads have come, or wake the others."""
        cause = isa.C_BARRIER
        with asm.registers(2) as (before, seen):
            last, done = Label(), Label()
            asm.emit(isa.LOAD, address=self.generation, dst=seen, cause=cause)
            asm.emit(isa.FETCH_ADD, address=self.arrived, dst=before, value=1, cause=cause)
            asm.branch(before, isa.AT_LEAST, self.threads - 1, last)
            with asm.at(asm.objects[asm.object], SYSTEM):
                sleep = asm.place()
                asm.compute(self.call_cycles)
                asm.emit(isa.PARK, address=self.generation, source=seen, cause=cause)
                asm.emit(isa.LOAD, address=self.generation, dst=before, cause=cause)
                asm.branch(before, isa.EQUAL, 0, sleep, source=seen)
            asm.jump(done)
            asm.place(last)
            asm.emit(isa.STORE, address=self.arrived, value=0, cause=cause)
            asm.emit(isa.FETCH_ADD, address=self.generation, value=1, cause=cause)
            self.wake_others(asm)
            asm.place(done)

    def wake_others(self, asm: Assembler) -> None:
        """One system call that wakes every other thread."""
        if self.threads > 1:
            with asm.at(asm.objects[asm.object], SYSTEM):
                asm.compute(self.call_cycles)
                with asm.repeat(self.threads - 1):
                    asm.compute(self.wake_cycles)
                    asm.emit(isa.WAKE, address=self.generation, value=1, cause=isa.C_BARRIER)
