"""TLB shootdown by interprocessor interrupts (munmap in an address space that several cores run).

A core may keep the translation of a page that another core unmaps, so munmap interrupts every
core that runs the address space and waits for all acknowledgements. The sender sends one interrupt
after another; each target traps, invalidates and acknowledges on one shared line. Cores that idle
have left the address space (lazy TLB switching) and are not interrupted. Costs: SOSP'09
section 5.1 and Figure 7; the context: OSDI'10 section 5.7 (mmap and munmap serialise).

Not modelled: the spin locks of Linux's eight invalidation vectors (two senders of one address
space never meet, because munmap holds mmap_sem for writing); the one interrupt that a core gets
after it has gone idle; that the first targets are interrupted before the last ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.assembler import Assembler, Label
from sim.engine.isa import R_CORE

if TYPE_CHECKING:
    from sim.config.schema.kernel import IpiShootdown
    from sim.machine.site import Site

OBJECT = "tlb_shootdown"


class TlbShootdown:
    """Shootdown among all active cores, thread n of the process being that of core n."""

    def __init__(self, site: Site, shootdown: IpiShootdown) -> None:
        interrupts = site.hardware.interrupts
        self.cores = site.cores
        self.send_cycles = shootdown.ipi_cycles
        acknowledge = int(site.distance.bulk_transfer[list(site.dies)].max())
        self.handler_cycles = interrupts.trap_cycles + acknowledge
        self.handler_cycles += interrupts.tlb_invalidation_cycles

    def invalidate(self, asm: Assembler) -> None:
        """Emit the sender's part: interrupts to all others, and the wait for the last of them."""
        if self.cores == 1:
            return
        with asm.at(OBJECT), asm.registers(3) as (target, runs, wait):
            following, nobody = Label(), Label()
            asm.emit(isa.SET, dst=target, value=self.cores)
            asm.emit(isa.SET, dst=wait, value=0)
            top = asm.place()
            asm.emit(isa.SET, dst=target, source=target, value=-1)
            asm.branch(target, isa.EQUAL, 0, following, source=R_CORE)
            asm.emit(isa.RUNNING, dst=runs, source=target)
            asm.branch(runs, isa.EQUAL, 0, following)
            asm.emit(isa.INTERRUPT, source=target, target=self.handler_cycles)
            asm.emit(isa.SET, dst=wait, source=wait, value=self.send_cycles)
            asm.place(following)
            asm.branch(target, isa.AT_LEAST, 1, top)
            asm.branch(wait, isa.EQUAL, 0, nobody)
            asm.emit(isa.COMPUTE, source=wait, value=self.handler_cycles)
            asm.place(nobody)
