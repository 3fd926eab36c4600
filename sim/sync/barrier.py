"""Barrier: threads wait until all of them have arrived.

Each arrival counts itself on one line; the last one starts a new generation and lets the others
go. Waiters sleep (POSIX barriers, fork and join) or spin (parallel sections of a run-time that
owns its cores). A core whose thread sleeps is idle; waking costs the machine's wake-up time.
Not modelled: trees of counters, which matter when thousands of threads arrive at once.
"""

from __future__ import annotations

from sim.engine import isa
from sim.program.assembler import Assembler, Label


class Barrier:
    """One barrier: a line with the arrivals and a line with the generation.

    Args:
        threads: threads that have to arrive.
        sleeping: waiters sleep; otherwise they spin.
    """

    def __init__(self, asm: Assembler, threads: int, sleeping: bool = True) -> None:
        self.arrived = asm.new_lines(1, "barrier_arrived")
        self.generation = asm.new_lines(1, "barrier_generation")
        self.threads = threads
        self.sleeping = sleeping

    def wait(self, asm: Assembler) -> None:
        """Emit arriving, and waiting for the others in the current mode and object."""
        with asm.registers(2) as (generation, before):
            last, done = Label(), Label()
            cause = isa.C_BARRIER
            asm.emit(isa.LOAD, address=self.generation, dst=generation, cause=cause)
            asm.emit(isa.FETCH_ADD, address=self.arrived, dst=before, value=1, cause=cause)
            asm.branch(before, isa.EQUAL, self.threads - 1, last)
            if self.sleeping:
                asm.emit(isa.PARK, address=self.generation, source=generation, cause=cause)
            else:
                asm.emit(
                    isa.AWAIT,
                    address=self.generation,
                    source=generation,
                    condition=isa.NOT_EQUAL,
                    cause=cause,
                )
            asm.jump(done)
            asm.place(last)
            asm.emit(isa.STORE, address=self.arrived, value=0, cause=cause)
            asm.emit(isa.FETCH_ADD, address=self.generation, value=1, cause=cause)
            if self.sleeping:
                asm.emit(isa.WAKE, address=self.generation, value=self.threads, cause=cause)
            asm.place(done)
