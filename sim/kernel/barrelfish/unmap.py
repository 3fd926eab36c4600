"""Unmapping a page on Barrelfish: a one-phase commit between the monitors (SOSP'09 section 5.1).

The monitors tell one another to forget the translation, along the NUMA-aware multicast tree; each
invalidates its core's TLB entry before it acknowledges. No interrupt is sent.

Where the cores of a cluster share a kernel, the monitors tell one another along the tree's upper
level, and each interrupts the other cores of its cluster, as Linux does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.kernel.barrelfish.monitor import OBJECT, Monitors
from sim.kernel.ipi_shootdown import OBJECT as SHOOTDOWN
from sim.kernel.ipi_shootdown import IpiRound
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.config.schema.barrelfish import Barrelfish
    from sim.machine.site import Site


class MessageUnmap:
    """Unmap as an operation of the monitors; core 0 asks for it."""

    def __init__(self, asm: Assembler, kernel: Barrelfish, site: Site) -> None:
        self.monitors = Monitors(asm, kernel, site)
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


class ClusterUnmap:
    """Unmap by messages between clusters, and by interrupts inside them; core 0 asks for it."""

    def __init__(self, asm: Assembler, kernel: Barrelfish, site: Site) -> None:
        self.monitors = Monitors(asm, kernel, site)
        self.invalidation_cycles = site.hardware.interrupts.tlb_invalidation_cycles
        shootdown = kernel.services.objects.shootdown
        self.rounds: dict[int, IpiRound] = {}
        for monitor, *others in self.monitors.clusters.members:
            interrupts = IpiRound(asm, shootdown, site, monitor, others)
            self.rounds |= dict.fromkeys([monitor, *others], interrupts)

    def emit_unmap(self, asm: Assembler) -> None:
        """Emit one unmap, from a program's call until the answer."""
        multicast = self.monitors.multicast
        with multicast.cursor(asm) as at, asm.registers(1) as (wanted,):
            multicast.advance(asm, at)
            self.monitors.take_call(asm, idle=True)
            self.monitors.tell(asm, at)
            self._forget(asm, 0, wanted)
            self.monitors.hear(asm, at)
            self.monitors.reply(asm)

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit what another core does while pages are unmapped; returns its start."""
        if not self.monitors.has(core):
            return self.rounds[core].emit_responder(asm)
        multicast = self.monitors.multicast
        with asm.at(OBJECT), multicast.cursor(asm) as at, asm.registers(1) as (wanted,):
            top = asm.place()
            multicast.advance(asm, at)
            multicast.down.receive(asm, core, at)
            self._forget(asm, core, wanted)
            multicast.up.send(asm, core, at)
            asm.jump(top)
        return top

    def _forget(self, asm: Assembler, monitor: int, wanted: int) -> None:
        """Emit interrupting a monitor's cluster, invalidating its own entry, and waiting."""
        others = self.rounds[monitor]
        with asm.at(SHOOTDOWN, isa.SYSTEM):
            others.tell(asm, wanted)
            asm.compute(self.invalidation_cycles)
            if others.targets:
                others.hear(asm, wanted)
