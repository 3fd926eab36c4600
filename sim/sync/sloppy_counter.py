"""Sloppy counter: a central count and spare references per core (OSDI'10 section 4.3).

A core that holds spare references hands them out locally, without touching a shared line; it goes
to the central counter only when it has none. Dropped references become spares; when they exceed
the threshold they are returned to the centre. Invariant: central = sum of spares + references in
use. Reading the exact value (to free the object) must visit every core, so it is expensive.
Not modelled: the lock that protects a core's spares against its own interrupts.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.program.assembler import Assembler, Label


class SloppyCounter:
    """`count` sloppy counters; counter k has its centre and then a line per core.

    Args:
        cores: cores with spare references.
        threshold: spare references a core keeps at most.
        count: number of counters.
    """

    def __init__(self, asm: Assembler, cores: int, threshold: int, count: int = 1) -> None:
        self.central = asm.new_lines(count, "central")
        self.spares = asm.new_lines(count * cores, "spares")
        self.cores = cores
        self.threshold = threshold

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Take a reference: a spare one if this core has any, else from the centre."""
        with asm.registers(2) as (spare, slot):
            centre, done = Label(), Label()
            self._slot(asm, slot, index)
            asm.emit(isa.LOAD, address=self.spares, index=slot, dst=spare)
            asm.branch(spare, isa.LESS, 1, centre)
            asm.emit(isa.STORE, address=self.spares, index=slot, source=spare, value=-1)
            asm.jump(done)
            asm.place(centre)
            asm.emit(isa.FETCH_ADD, address=self.central, index=index, value=1)
            asm.place(done)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Drop a reference: it becomes a spare; above the threshold half of them are returned."""
        with asm.registers(2) as (spare, slot):
            keep, done = Label(), Label()
            returned = self.threshold // 2 + 1
            self._slot(asm, slot, index)
            asm.emit(isa.LOAD, address=self.spares, index=slot, dst=spare)
            asm.branch(spare, isa.LESS, self.threshold, keep)
            asm.emit(isa.STORE, address=self.spares, index=slot, source=spare, value=1 - returned)
            asm.emit(isa.FETCH_ADD, address=self.central, index=index, value=-returned)
            asm.jump(done)
            asm.place(keep)
            asm.emit(isa.STORE, address=self.spares, index=slot, source=spare, value=1)
            asm.place(done)

    def read_exact(self, asm: Assembler, register: int, index: int = isa.NONE) -> None:
        """References in use: the centre less every core's spares, visited one by one."""
        with asm.registers(3) as (core, spare, slot):
            asm.emit(isa.LOAD, address=self.central, index=index, dst=register)
            asm.emit(isa.SET, dst=core, value=self.cores)
            top = asm.place()
            asm.emit(isa.SET, dst=core, source=core, value=-1)
            self._slot(asm, slot, index, core)
            asm.emit(isa.LOAD, address=self.spares, index=slot, dst=spare)
            asm.emit(isa.ADD, dst=register, source=spare, value=-1)
            asm.branch(core, isa.AT_LEAST, 1, top)

    def _slot(self, asm: Assembler, slot: int, index: int, core: int = R_CORE) -> None:
        """Number of the spares' line of a core: core + index * cores."""
        asm.emit(isa.SET, dst=slot, source=core)
        if index != isa.NONE:
            asm.emit(isa.ADD, dst=slot, source=index, value=self.cores)
