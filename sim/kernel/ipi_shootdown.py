"""Unmapping a page by interrupts, as Linux 2.6.26 and Windows do (SOSP'09 section 5.1).

The unmapping core writes down what to forget and interrupts the other cores one after another.
Each takes a trap, reads the request, acknowledges on one line that all share, and invalidates its
TLB entry. The unmapping core goes on after the last acknowledgement; it does not wait for the
invalidations. Interrupts sent one after another are what makes the time grow with the cores.

Not modelled: cores that have interrupts disabled, and what the interrupted programs lose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.machine.topology import hop_matrix
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.config.schema.kernel import IpiShootdown
    from sim.machine.site import Site

OBJECT = "tlb_shootdown"


class IpiRound:
    """A core interrupts others, which forget a translation, and waits for their acknowledgements.

    Args:
        asm: program that the lines belong to.
        shootdown: cost of an interrupt.
        site: machine and active cores.
        sender: core that interrupts.
        targets: cores that are interrupted, in this order.
    """

    def __init__(
        self,
        asm: Assembler,
        shootdown: IpiShootdown,
        site: Site,
        sender: int,
        targets: Sequence[int],
    ) -> None:
        self.shootdown, self.site, self.targets = shootdown, site, targets
        self.interrupts = site.hardware.interrupts
        self.request = asm.new_lines(1, "shootdown_request")
        self.acknowledged = asm.new_lines(1, "shootdown_acknowledged")
        self.hops = hop_matrix(site.hardware.topology)[site.packages[sender]]

    def tell(self, asm: Assembler, wanted: int) -> None:
        """Emit the interrupts; a register counts the acknowledgements ever wanted."""
        asm.emit(isa.SET, dst=wanted, source=wanted, value=len(self.targets))
        if self.targets:
            asm.emit(isa.STORE, address=self.request, source=wanted)
        for core in self.targets:
            way = int(self.hops[self.site.packages[core]]) * self.interrupts.hop_cycles
            asm.compute(self.shootdown.ipi_cycles + 2 * way)
            asm.emit(isa.SEND_IPI, value=core, target=0)

    def hear(self, asm: Assembler, wanted: int) -> None:
        """Emit waiting for the last acknowledgement."""
        asm.emit(isa.AWAIT, address=self.acknowledged, source=wanted, cause=isa.C_MESSAGE_WAIT)

    def emit_responder(self, asm: Assembler) -> Label:
        """Emit the loop of a core that is interrupted; returns its start."""
        with asm.registers(1) as (request,), asm.at(OBJECT, isa.SYSTEM):
            top = asm.place()
            with asm.at(OBJECT, isa.IDLE):
                asm.emit(isa.AWAIT_IPI, cause=isa.C_BLOCKED)
            asm.compute(self.interrupts.trap_cycles)
            asm.emit(isa.LOAD, address=self.request, dst=request)
            asm.emit(isa.FETCH_ADD, address=self.acknowledged, dst=request, value=1)
            asm.compute(self.interrupts.tlb_invalidation_cycles)
            asm.jump(top)
        return top


class IpiUnmap:
    """Unmap as a system call that interrupts the other cores; core 0 calls it."""

    def __init__(self, asm: Assembler, shootdown: IpiShootdown, site: Site) -> None:
        self.call_cycles = shootdown.call_cycles
        self.round = IpiRound(asm, shootdown, site, 0, range(1, site.cores))

    def emit_unmap(self, asm: Assembler) -> None:
        """Emit one system call, from its entry until the last acknowledgement."""
        with asm.registers(1) as (wanted,), asm.at(OBJECT, isa.SYSTEM):
            asm.compute(self.call_cycles)
            self.round.tell(asm, wanted)
            self.round.hear(asm, wanted)

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit what another core does while pages are unmapped; returns its start."""
        return self.round.emit_responder(asm)
