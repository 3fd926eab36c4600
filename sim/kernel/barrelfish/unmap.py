"""Unmapping a page on Barrelfish: a one-phase commit between the monitors (SOSP'09 section 5.1).

The monitors tell one another to forget the translation, along the NUMA-aware multicast tree; each
invalidates its core's TLB entry before it acknowledges. No interrupt is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.assembler import Assembler, Label
from sim.kernel.barrelfish.monitor import OBJECT, Monitors

if TYPE_CHECKING:
    from sim.config.schema.barrelfish import Barrelfish
    from sim.machine.site import Site


class MessageUnmap:
    """Unmap as an operation of the monitors; core 0 asks for it."""

    def __init__(self, asm: Assembler, kernel: Barrelfish, site: Site) -> None:
        self.monitors = Monitors(asm, kernel.objects, site)
        self.invalidation_cycles = site.hardware.interrupts.tlb_invalidation_cycles

    def emit_unmap(self, asm: Assembler) -> None:
        """Emit one unmap, from a program's call until the answer."""
        with self.monitors.multicast.cursor(asm) as at:
            self.monitors.multicast.advance(asm, at)
            self.monitors.take_call(asm, idle=True)
            self.monitors.tell(asm, at)
            with asm.at(OBJECT):
                asm.compute(self.invalidation_cycles)
            self.monitors.hear(asm, at)
            self.monitors.reply(asm)

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit what another core does while pages are unmapped; returns its start."""
        return self.monitors.emit_follower(asm, core, (self.invalidation_cycles,))
