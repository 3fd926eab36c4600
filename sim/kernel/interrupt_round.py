"""A round of interrupts: a core interrupts others, which forget a translation, and waits for them.

    core 0   interrupt 1, interrupt 2 ............ all have acknowledged
    core 1               trap [ acknowledge, invalidate ]

`IpiRound` simulates each of them. Applications, whose cores run programs meanwhile, are charged
what a round takes (`interrupt_running`, and the cycles of a sender and a handler). tlb.py has the
ways to shoot down a translation that are made of these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.machine.site import Site

CHARGED_TO = "tlb_shootdown"


def interrupt_cycles(site: Site, ipi_cycles: int, sender: int, target: int) -> int:
    """The sender's cycles for one interrupt, the way there and back included."""
    hops = site.package_hops[site.packages[sender], site.packages[target]]
    return ipi_cycles + 2 * int(hops) * site.hardware.interrupts.hop_cycles


def mean_interrupt_cycles(site: Site, ipi_cycles: int, cores: Sequence[int]) -> int:
    """The same, on average over the pairs of some cores."""
    packages = Counter(site.packages[core] for core in cores)
    hops = site.package_hops
    links = sum(
        int(hops[one, other]) * packages[one] * packages[other]
        for one in packages
        for other in packages
    )
    pairs = max(len(cores) * (len(cores) - 1), 1)
    return ipi_cycles + round(2 * links * site.hardware.interrupts.hop_cycles / pairs)


def handler_cycles(site: Site, cores: Sequence[int]) -> int:
    """Cycles of one of several cores interrupted: trap, acknowledgement and invalidation."""
    interrupts = site.hardware.interrupts
    acknowledge = site.mean_transfer(cores)
    return interrupts.trap_cycles + acknowledge + interrupts.tlb_invalidation_cycles


def interrupt_running(
    asm: Assembler,
    cores: Sequence[int],
    handler: int,
    total: int,
    each: int,
    told: int = isa.EQUAL,
) -> None:
    """Emit taking a handler's time from the other cores whose thread runs.

    The register `total` becomes `each` times their number.

    Args:
        told: NOT_EQUAL if cores that spin meanwhile lose no time by it.
    """
    with asm.registers(2) as (target, runs):
        asm.emit(isa.SET, dst=total, value=0)
        top, following = Label(), Label()
        if cores == range(len(cores)):
            asm.emit(isa.SET, dst=target, value=len(cores))
            asm.place(top)
            asm.emit(isa.SET, dst=target, source=target, value=-1)
            _interrupt(asm, (target, runs, total), handler, each, following, told)
            asm.place(following)
            asm.branch(target, isa.AT_LEAST, 1, top)
            return
        for core in cores:
            following = Label()
            asm.emit(isa.SET, dst=target, value=core)
            _interrupt(asm, (target, runs, total), handler, each, following, told)
            asm.place(following)


def _interrupt(
    asm: Assembler,
    registers: tuple[int, int, int],
    handler: int,
    each: int,
    following: Label,
    told: int,
) -> None:
    """Emit interrupting one core, unless it is the sender itself or idle."""
    target, runs, total = registers
    asm.branch(target, isa.EQUAL, 0, following, source=R_CORE)
    asm.emit(isa.RUNNING, dst=runs, source=target)
    asm.branch(runs, isa.EQUAL, 0, following)
    asm.emit(isa.INTERRUPT, source=target, target=handler, condition=told)
    asm.emit(isa.SET, dst=total, source=total, value=each)


class IpiRound:
    """A core interrupts others, which forget a translation, and waits for their acknowledgements.

    Args:
        asm: program that the lines belong to.
        ipi_cycles: sender's cycles for one interrupt, beside the way there and back.
        site: machine and active cores.
        sender: core that interrupts.
        targets: cores that are interrupted, in this order.
    """

    def __init__(
        self,
        asm: Assembler,
        ipi_cycles: int,
        site: Site,
        sender: int,
        targets: Sequence[int],
    ) -> None:
        self.ipi_cycles, self.site = ipi_cycles, site
        self.sender, self.targets = sender, targets
        self.interrupts = site.hardware.interrupts
        self.request = asm.new_lines(1, "shootdown_request")
        self.acknowledged = asm.new_lines(1, "shootdown_acknowledged")

    def tell(self, asm: Assembler, wanted: int) -> None:
        """Emit the interrupts; a register counts the acknowledgements ever wanted."""
        asm.emit(isa.SET, dst=wanted, source=wanted, value=len(self.targets))
        if self.targets:
            asm.emit(isa.STORE, address=self.request, source=wanted)
        for core in self.targets:
            asm.compute(interrupt_cycles(self.site, self.ipi_cycles, self.sender, core))
            asm.emit(isa.SEND_IPI, value=core, target=0)

    def hear(self, asm: Assembler, wanted: int) -> None:
        """Emit waiting for the last acknowledgement."""
        asm.emit(isa.AWAIT, address=self.acknowledged, source=wanted, cause=isa.C_MESSAGE_WAIT)

    def emit_responder(self, asm: Assembler) -> Label:
        """Emit the loop of a core that is interrupted; returns its start."""
        with asm.registers(1) as (request,), asm.at(CHARGED_TO, isa.SYSTEM):
            top = asm.place()
            with asm.at(CHARGED_TO, isa.IDLE):
                asm.emit(isa.AWAIT_IPI, cause=isa.C_BLOCKED)
            asm.compute(self.interrupts.trap_cycles)
            asm.emit(isa.LOAD, address=self.request, dst=request)
            asm.emit(isa.FETCH_ADD, address=self.acknowledged, dst=request, value=1)
            asm.compute(self.interrupts.tlb_invalidation_cycles)
            asm.jump(top)
        return top
