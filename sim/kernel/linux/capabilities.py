"""Capabilities in memory that all cores share: one table under one spin lock.

Linux has none. This is what a retype (SOSP'09 section 4.7) would be on a kernel with shared memory:
a system call that looks the capability up in the one mapping database, checks it and enters the new
one, with the database's lock held. No other core has to agree, because none has a copy. L4 kernels
have such a mapping database; seL4 guards it by its one kernel lock. Not modelled: revoking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.kernel.linux.locks import KernelLocks
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.config.schema.kernel import LinuxKernel
    from sim.machine.site import Site

OBJECT = "capabilities"


class CapabilityTable:
    """The table, its lock, and the lines of one capability that core 0 retypes."""

    def __init__(self, asm: Assembler, kernel: LinuxKernel, site: Site) -> None:
        self.settings = kernel.objects.capabilities
        self.trap_cycles = site.hardware.interrupts.trap_cycles
        self.lock = KernelLocks(kernel, site).spin(asm)
        self.lines = asm.new_lines(self.settings.lines, OBJECT) if self.settings.lines else isa.NONE

    def retype(self, asm: Assembler) -> None:
        """Emit one system call that retypes the capability."""
        with asm.at(OBJECT, isa.SYSTEM):
            asm.compute(self.trap_cycles)
            self.lock.acquire(asm)
            for line in range(self.settings.lines):
                asm.emit(isa.STORE, address=self.lines + line * isa.WORDS_PER_LINE, value=1)
            asm.compute(self.settings.hold_cycles)
            self.lock.release(asm)

    def emit_coordinator(self, asm: Assembler) -> Label:
        """Emit the loop of core 0, whose every call is complete when it returns."""
        top = asm.place()
        asm.emit(isa.BEGIN)
        self.retype(asm)
        asm.emit(isa.END)
        asm.jump(top)
        return top

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit what another core does while core 0 retypes: nothing."""
        with asm.at(OBJECT, isa.IDLE):
            top = asm.place()
            asm.emit(isa.AWAIT_IPI, cause=isa.C_BLOCKED)
            asm.jump(top)
        return top
