"""Page faults on fresh memory in a private address space.

The kernel allocates a page, lets the memory controller fill it, and maps it. Stock Linux keeps
reference counts and flags of struct page beside read-mostly fields, so that faults refetch lines
that other cores' faults wrote (false sharing); PK (`page_false_sharing`) moves the read-mostly
fields to a line of their own (OSDI'10 section 4.6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.machine.memory import MemoryControllers
from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.config.schema.kernel import KernelObjects
    from sim.machine.site import Site

OBJECT = "page_fault"
STRUCT = "page_struct"
BYTES = 4096


class PageFaults:
    """The page-fault path."""

    def __init__(
        self, asm: Assembler, objects: KernelObjects, site: Site, false_sharing: bool
    ) -> None:
        self.cycles = objects.page_fault.cycles
        self.zero_cycles = site.hardware.memory.page_zero_cycles
        self.falsely_shared = objects.page_struct.lines_per_fault if false_sharing else 0.0
        self.memory = MemoryControllers(asm, site)

    def fault(self, asm: Assembler, faults: int, remote: float) -> None:
        """Emit some faults in a row, on the core's own node or, with some probability, on any."""
        with asm.registers(1) as (node,):
            with asm.at(OBJECT):
                self.memory.choose_node(asm, node, remote)
                with asm.repeat(faults):
                    asm.emit(isa.COMPUTE, value=self.cycles)
                    self.memory.serve(asm, node, self.zero_cycles)
            with asm.at(STRUCT):
                asm.emit(isa.BULK, value=round(faults * self.falsely_shared))
