"""Per-core counter: one word per core on a line of its own; the value is their sum.

Updates never share a line; reading the exact value visits every core's line.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.program.assembler import Assembler


class PerCoreCounter:
    """One counter with a part per core."""

    def __init__(self, asm: Assembler, cores: int) -> None:
        self.part = asm.new_lines(cores, "part")
        self.cores = cores

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Add one to this core's part; only this core writes it, so no locked instruction."""
        asm.emit(isa.INCREMENT, address=self.part, index=R_CORE, value=1)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Take one from this core's part."""
        asm.emit(isa.INCREMENT, address=self.part, index=R_CORE, value=-1)

    def read_exact(self, asm: Assembler, register: int, index: int = isa.NONE) -> None:
        """Sum all parts into a register."""
        with asm.registers(2) as (core, part):
            asm.emit(isa.SET, dst=register, value=0)
            asm.emit(isa.SET, dst=core, value=self.cores)
            top = asm.place()
            asm.emit(isa.SET, dst=core, source=core, value=-1)
            asm.emit(isa.LOAD, address=self.part, index=core, dst=part)
            asm.emit(isa.ADD, dst=register, source=part, value=1)
            asm.branch(core, isa.AT_LEAST, 1, top)
