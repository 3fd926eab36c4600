"""Barrier: nobody goes on before all members have come.

Members count themselves on one line; the last to come starts the count again and writes a second
line, the generation, that all others spin on. Spinning is charged to the mode and object of the
caller, with the cause `barrier`. The count costs one line transfer per member.
Source: the centralised barrier of Mellor-Crummey and Scott, with a generation for its sense.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.assembler import Assembler, Label


class Barrier:
    """A barrier for so many members, of two lines."""

    def __init__(self, asm: Assembler, members: int) -> None:
        self.members = members
        self.count = asm.new_lines(1, "barrier_count")
        self.generation = asm.new_lines(1, "barrier_generation")

    def wait(self, asm: Assembler) -> None:
        """Come, and spin until all members have come."""
        cause = isa.C_BARRIER
        with asm.registers(2) as (before, seen):
            last, done = Label(), Label()
            asm.emit(isa.LOAD, address=self.generation, dst=seen, cause=cause)
            asm.emit(isa.FETCH_ADD, address=self.count, dst=before, value=1, cause=cause)
            asm.branch(before, isa.AT_LEAST, self.members - 1, last)
            asm.emit(
                isa.AWAIT,
                address=self.generation,
                source=seen,
                condition=isa.NOT_EQUAL,
                cause=cause,
            )
            asm.jump(done)
            asm.place(last)
            asm.emit(isa.STORE, address=self.count, value=0, cause=cause)
            asm.emit(isa.FETCH_ADD, address=self.generation, value=1, cause=cause)
            asm.place(done)
