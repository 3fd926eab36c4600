"""Shared counter: one word that every core updates with an atomic add.

Each update by another core moves the line; updates serialise on it. Exact at every moment.
The reference counts of stock Linux are such counters (OSDI'10 section 4.3).
"""

from __future__ import annotations

from sim.engine import isa
from sim.program.assembler import Assembler


class SharedCounter:
    """`count` atomic counters, a line each."""

    def __init__(self, asm: Assembler, count: int = 1) -> None:
        self.word = asm.new_lines(count, "count")

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Add one reference."""
        asm.emit(isa.FETCH_ADD, address=self.word, index=index, value=1)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Drop one reference."""
        asm.emit(isa.FETCH_ADD, address=self.word, index=index, value=-1)

    def read_exact(self, asm: Assembler, register: int, index: int = isa.NONE) -> None:
        """Read the value into a register."""
        asm.emit(isa.LOAD, address=self.word, index=index, dst=register)
