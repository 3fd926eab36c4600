"""TLB shootdown (munmap in an address space that several cores run).

A core may keep the translation of a page that another core unmaps, so munmap tells every core that
runs the address space and waits for all acknowledgements. Cores that idle have left the address
space (lazy TLB switching) and are left alone. Costs: SOSP'09 section 5.1 and Figure 7; the context:
OSDI'10 section 5.7 (mmap and munmap serialise).

By interprocessor interrupts, as Linux does it: the sender sends one interrupt after another; each
target traps, invalidates and acknowledges on one shared line. By messages, as Barrelfish does it:
along a multicast tree, whose inner cores send for the sender; each target is interrupted, takes the
message, invalidates and answers.

Not modelled: the spin locks of Linux's eight invalidation vectors (two senders of one address
space never meet, because munmap holds mmap_sem for writing); the one interrupt that a core gets
after it has gone idle; that the first targets are interrupted before the last ones; a tree without
the cores that idle, which pass messages on like the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.message_round import message_round
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.config.schema.kernel import IpiShootdown, Messages, Shootdown
    from sim.machine.site import Site

OBJECT = "tlb_shootdown"


class Shooter(Protocol):
    """A way to have all cores forget a translation."""

    def invalidate(self, asm: Assembler) -> None:
        """Emit the sender's part, from the first core told to the last acknowledgement."""


def make_shootdown(site: Site, shootdown: Shootdown) -> Shooter:
    """Shootdown among all active cores, as the kernel's settings choose."""
    if shootdown.by == "messages":
        return MessageShootdown(site, shootdown.messages)
    return TlbShootdown(site, shootdown)


def handler_cycles(site: Site, cores: Sequence[int]) -> int:
    """Cycles of one of several cores interrupted: trap, acknowledgement and invalidation."""
    interrupts = site.hardware.interrupts
    acknowledge = site.mean_transfer(cores)
    return interrupts.trap_cycles + acknowledge + interrupts.tlb_invalidation_cycles


class TlbShootdown:
    """Shootdown by interrupts, thread n of the process being that of core n.

    Args:
        site: machine and active cores.
        shootdown: cost of an interrupt.
        cores: that run the address space; default: all.
    """

    def __init__(
        self, site: Site, shootdown: IpiShootdown, cores: Sequence[int] | None = None
    ) -> None:
        self.cores = range(site.cores) if cores is None else cores
        self.send_cycles = shootdown.ipi_cycles
        self.handler_cycles = handler_cycles(site, self.cores)

    def invalidate(self, asm: Assembler) -> None:
        """Emit the sender's part: interrupts to all others, and the wait for the last of them."""
        if len(self.cores) == 1:
            return
        with asm.at(OBJECT), asm.registers(1) as (wait,):
            nobody = Label()
            interrupt_running(asm, self.cores, self.handler_cycles, wait, self.send_cycles)
            asm.branch(wait, isa.EQUAL, 0, nobody)
            asm.emit(isa.COMPUTE, source=wait, value=self.handler_cycles)
            asm.place(nobody)


class MessageShootdown:
    """Shootdown by messages along the machine's tree, thread n being that of core n."""

    def __init__(self, site: Site, messages: Messages) -> None:
        self.cores = range(site.cores)
        self.round = message_round(messages, site)
        self.invalidation_cycles = site.hardware.interrupts.tlb_invalidation_cycles

    def invalidate(self, asm: Assembler) -> None:
        """Emit the sender's part: a round of messages, if anybody else runs."""
        if len(self.cores) == 1:
            return
        handler = self.round.handler + self.invalidation_cycles
        with asm.at(OBJECT), asm.registers(1) as (told,):
            nobody = Label()
            interrupt_running(asm, self.cores, handler, told, 1)
            asm.branch(told, isa.EQUAL, 0, nobody)
            asm.emit(isa.BULK, value=self.round.lines)
            asm.compute(self.round.wait + self.invalidation_cycles)
            asm.place(nobody)


def interrupt_running(
    asm: Assembler, cores: Sequence[int], handler: int, total: int, each: int
) -> None:
    """Emit taking a handler's time from the other cores whose thread runs.

    The register `total` becomes `each` times their number.
    """
    with asm.registers(2) as (target, runs):
        asm.emit(isa.SET, dst=total, value=0)
        top, following = Label(), Label()
        if cores == range(len(cores)):
            asm.emit(isa.SET, dst=target, value=len(cores))
            asm.place(top)
            asm.emit(isa.SET, dst=target, source=target, value=-1)
            _interrupt(asm, (target, runs, total), handler, each, following)
            asm.place(following)
            asm.branch(target, isa.AT_LEAST, 1, top)
            return
        for core in cores:
            following = Label()
            asm.emit(isa.SET, dst=target, value=core)
            _interrupt(asm, (target, runs, total), handler, each, following)
            asm.place(following)


def _interrupt(
    asm: Assembler, registers: tuple[int, int, int], handler: int, each: int, following: Label
) -> None:
    """Emit interrupting one core, unless it is the sender itself or idle."""
    target, runs, total = registers
    asm.branch(target, isa.EQUAL, 0, following, source=R_CORE)
    asm.emit(isa.RUNNING, dst=runs, source=target)
    asm.branch(runs, isa.EQUAL, 0, following)
    asm.emit(isa.INTERRUPT, source=target, target=handler)
    asm.emit(isa.SET, dst=total, source=total, value=each)
