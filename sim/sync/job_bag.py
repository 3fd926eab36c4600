"""Bag of jobs: threads take the next job by decrementing one shared counter.

Whoever is free takes the next job, so no core idles while jobs are left; at the end cores wait
for the jobs still running, the stragglers.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.assembler import Assembler, Label


class JobBag:
    """One counter of the jobs left, on a line of its own."""

    def __init__(self, asm: Assembler) -> None:
        self.left = asm.new_lines(1, "job_bag")

    def fill(self, asm: Assembler, jobs: int) -> None:
        """Emit putting jobs into the empty bag."""
        asm.emit(isa.STORE, address=self.left, value=jobs)

    def take(self, asm: Assembler, empty: Label) -> None:
        """Emit taking a job; go to a label if there is none left."""
        with asm.registers(1) as (left,):
            asm.emit(isa.FETCH_ADD, address=self.left, dst=left, value=-1)
            asm.branch(left, isa.LESS, 1, empty)
