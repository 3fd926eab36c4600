"""Capabilities: rights to memory, of which every core may have a copy (SOSP'09 section 4.7).

Two cores must not retype one capability differently.

    shared       One table under one spin lock: a system call looks the capability up in the one
                 mapping database, checks it and enters the new one, with the lock held. No other
                 core has to agree, because none has a copy. Linux has no capabilities; L4 kernels
                 have such a database, and seL4 guards it by its one kernel lock.

                     core 0   lock [ look up, enter ] unlock
                     core 1   lock .................. line moves [ look up, enter ] unlock

    replicated   Each core's monitor has a record. In the first phase every monitor locks its own
                 and agrees, in the second it applies the outcome; both are multicast along the same
                 tree as a shootdown and acknowledged up the same way (section 5.2).

                     core 0   tell ........ all agree, tell ........ all have applied
                     core 1        [ lock ]           [ apply ]

                 Several operations may be under way: the coordinator sends the first phase of one,
                 then the second phase of an earlier one, and its monitor, never idle, pays neither
                 for being scheduled nor for passes of the event loop. Where the cores of a cluster
                 share their capabilities through memory, there is one record and one monitor in
                 each cluster; nobody else in it is told, and its lock is free: only monitors
                 retype.

Not modelled: revoking; refusals and retries. The acknowledgement of the second phase is assumed;
the paper does not say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from pydantic import Field

from sim.engine import isa
from sim.kernel.objects.monitor import Monitors
from sim.kernel.table import KernelObject, strategy
from sim.program.assembler import Assembler, Label
from sim.settings import Count, Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext

OBJECT = "capabilities"


class Capabilities(KernelObject):
    """Capabilities, for kernels that have them (section 4.7)."""

    key: ClassVar[str] = "capabilities"

    hold_cycles: Cycles = Field(description="cycles from acquisition to release, uncontended")
    lines: Count = Field(description="lines of the table that one retype writes")


class Retype(Protocol):
    """What core 0 and the others do when a capability that all know is retyped."""

    def emit_coordinator(self, asm: Assembler) -> Label:
        """Emit the loop of core 0, an operation per retype; returns its start."""

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit the loop of another core; returns its start."""


@strategy(Capabilities, "shared")
class SharedTable:
    """one table under one spin lock."""

    def __init__(self, context: KernelContext, settings: Capabilities) -> None:
        self.settings = settings
        self.trap_cycles = context.site.hardware.interrupts.trap_cycles
        self.lock = context.locks.spin()
        lines = settings.lines
        self.lines = context.asm.new_lines(lines, OBJECT) if lines else isa.NONE

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


@strategy(Capabilities, "replicated", by_cluster=True)
class TwoPhaseCommit:
    """a record of each monitor, on which they agree by a two-phase commit.

    Core 0 coordinates retypes, so many at a time (an odd number) as the workload has under way.
    """

    def __init__(self, context: KernelContext, settings: Capabilities) -> None:
        in_flight = context.population.retypes_in_flight
        self.lag = in_flight // 2
        self.monitors = Monitors(context, slots=2 * in_flight)

    def emit_coordinator(self, asm: Assembler) -> Label:
        """Emit the loop in which one operation begins, one is decided and one is complete."""
        monitors, multicast = self.monitors, self.monitors.multicast
        with multicast.cursor(asm) as sent, multicast.cursor(asm) as heard:
            start = asm.place()
            for _ in range(self.lag):  # first phases, and empty second ones, to fill the pipeline
                for _ in range(2):
                    multicast.advance(asm, sent)
                    monitors.tell(asm, sent)
            top = asm.place()
            asm.emit(isa.BEGIN)
            monitors.take_call(asm, idle=self.lag == 0)
            for _ in range(2):
                multicast.advance(asm, sent)
                multicast.advance(asm, heard)
                monitors.tell(asm, sent)
                monitors.hear(asm, heard)
            monitors.reply(asm)
            asm.emit(isa.END)
            asm.jump(top)
        return start

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit the loop of another core's monitor, or of a core without one."""
        if not self.monitors.has(core):
            return self.monitors.emit_bystander(asm)
        return self.monitors.emit_follower(asm, core, (0, 0))
