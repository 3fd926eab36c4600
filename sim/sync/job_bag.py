"""Bag of jobs: whoever is free takes the next job, by subtracting from one shared counter.

The counter holds the work left, in jobs or in a finer unit where jobs differ in size. No core
idles while work is left; at the end cores wait for the jobs still running, the stragglers.
"""

from __future__ import annotations

from sim.engine import isa
from sim.program.assembler import Assembler, Label


class JobBag:
    """One counter of the work left, on a line of its own."""

    def __init__(self, asm: Assembler) -> None:
        self.left = asm.new_lines(1, "job_bag")

    def fill(self, asm: Assembler, work: int) -> None:
        """Emit putting work into the empty bag."""
        asm.emit(isa.STORE, address=self.left, value=work)

    def take(self, asm: Assembler, empty: Label) -> None:
        """Emit taking a job of size 1; go to a label if there is none left."""
        asm.essential.add(asm.objects[asm.object])
        with asm.registers(1) as (left,):
            asm.emit(isa.FETCH_ADD, address=self.left, dst=left, value=-1)
            asm.branch(left, isa.LESS, 1, empty)

    def take_sized(self, asm: Assembler, size: int, empty: Label) -> None:
        """Emit taking a job of the size in a register, or the rest if that is less.

        Go to a label if nothing is left. So the work of a bag is the same in every order and with
        every seed, though the number of jobs is not.
        """
        with asm.registers(1) as (left,):
            asm.essential.add(asm.objects[asm.object])
            enough = Label()
            asm.emit(isa.SET, dst=left, value=0)
            asm.emit(isa.ADD, dst=left, source=size, value=-1)
            asm.emit(isa.FETCH_ADD, address=self.left, dst=left, source=left)
            asm.branch(left, isa.LESS, 1, empty)
            asm.branch(left, isa.AT_LEAST, 0, enough, source=size)
            asm.emit(isa.SET, dst=size, source=left)
            asm.place(enough)
