"""Unmapping a page on a kernel like Linux whose shootdown is by messages (SOSP'09 section 5.1).

The system call takes the page's rights away, as with interrupts, and then tells the other cores
along the NUMA-aware multicast tree. They poll for messages in the kernel: beside the lines that
move a message costs what it costs monitors, but no call reaches a monitor and none is scheduled.

Not modelled: cores that run programs and are interrupted; tlb.py has that for applications.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.kernel.barrelfish.knowledge_base import multicast_tree
from sim.kernel.barrelfish.monitor import kernel_message_costs
from sim.kernel.ipi_shootdown import OBJECT
from sim.program.assembler import Assembler, Label
from sim.sync.multicast import Multicast

if TYPE_CHECKING:
    from sim.config.schema.kernel import Shootdown
    from sim.machine.site import Site


class KernelMessageUnmap:
    """Unmap as a system call that tells the other cores by messages; core 0 calls it."""

    def __init__(self, asm: Assembler, shootdown: Shootdown, site: Site) -> None:
        self.call_cycles = shootdown.call_cycles
        self.invalidation_cycles = site.hardware.interrupts.tlb_invalidation_cycles
        costs = kernel_message_costs(shootdown.messages, site.hardware.messaging)
        self.multicast = Multicast(asm, site, multicast_tree(site, 0, numa_aware=True), costs)

    def emit_unmap(self, asm: Assembler) -> None:
        """Emit one system call, from its entry until the last acknowledgement."""
        with asm.at(OBJECT, isa.SYSTEM), self.multicast.cursor(asm) as at:
            self.multicast.advance(asm, at)
            asm.compute(self.call_cycles)
            self.multicast.send(asm, 0, at)
            self.multicast.collect(asm, 0, at)

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit what another core does while pages are unmapped; returns its start."""
        with asm.at(OBJECT, isa.SYSTEM):
            return self.multicast.emit_follower(asm, core, (self.invalidation_cycles,))
