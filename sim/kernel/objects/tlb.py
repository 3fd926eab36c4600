"""TLB shootdown: making other cores forget a page's translation.

A core may keep the translation of a page that another core unmaps, so munmap tells every core that
runs the address space and waits for all acknowledgements. Costs: SOSP'09 section 5.1 and Figure 7.

    ipi        Interrupts, sent one after another, as Linux and Windows do. Each target takes a
               trap, reads the request, acknowledges on one line that all share, and invalidates its
               entry. The sender goes on after the last acknowledgement; it does not wait for
               invalidations. Interrupts sent one after another are what makes the time grow with
               the cores.

                   core 0   interrupt 1, interrupt 2 ............ all have acknowledged
                   core 1               trap [ acknowledge, invalidate ]

    messages   The kernel tells the other cores along the NUMA-aware multicast tree, whose inner
               cores send for the sender. They poll for messages in the kernel; those that run
               programs are interrupted, take the message, invalidate and answer.

                   core 0   tell package's first ............ hear
                   core 6        take, pass on, [ invalidate ], answer

    monitors   A one-phase commit between the monitors of a multikernel along that tree; each
               invalidates its core's entry before it acknowledges. A program's call reaches its own
               core's monitor by LRPC. Where cores of a cluster share a kernel, the monitors tell
               one another along the tree's upper level, and each interrupts the others of its
               cluster.

    broadcast  An instruction has the machine tell all cores (INVLPGB and TLBSYNC of AMD from Zen 3
               on, TLBI of ARM): no core is interrupted, and the sender waits until all have
               answered, however many there are. The machine has only so many of them under way at a
               time. With one core there is nobody to tell. On a machine without the instruction the
               kernel sends interrupts.

                   core 0   [ invalidate everywhere ......... ] all have answered
                   core 1   goes on

The microbenchmark (micro/unmap) simulates each message and interrupt. Applications, whose cores run
programs meanwhile, are charged what such a round takes, with the mean way of an interrupt; cores
that idle have left the address space (lazy TLB switching) and are left alone (OSDI'10 section 5.7).
One page table that all cores share is shot down by interrupts on a multikernel, too.

Interrupts that reach a core while it spins for a lock are taken when it has the lock, or, with
`spinning: absorbed`, while it spins, and then cost it nothing.

Not modelled: cores that have interrupts disabled; locks taken with interrupts off, whose waiters
let the sender wait; the spin locks of Linux's eight invalidation vectors (two senders of one
address space never meet, because munmap holds mmap_sem for writing); the one interrupt that a core
gets after it has gone idle; that the first targets are interrupted before the last ones; a tree
without the cores that idle, which pass messages on like the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from pydantic import Field

from sim.engine import isa
from sim.kernel.broadcast_invalidation import BroadcastInvalidation, broadcast_invalidation
from sim.kernel.interrupt_round import (
    CHARGED_TO,
    IpiRound,
    handler_cycles,
    interrupt_running,
    mean_interrupt_cycles,
)
from sim.kernel.knowledge_base import multicast_tree
from sim.kernel.message_round import message_round
from sim.kernel.messages import Messages, kernel_message_costs
from sim.kernel.objects.monitor import OBJECT as MONITOR
from sim.kernel.objects.monitor import Monitors
from sim.kernel.table import Fix, KernelObject, strategy
from sim.program.assembler import Assembler, Label
from sim.settings import Cycles
from sim.sync.multicast import Multicast

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.machine.site import Site


class Shootdown(KernelObject):
    """Telling other cores to forget a page's translation."""

    key: ClassVar[str] = "shootdown"
    choice: ClassVar[str] = "by"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "broadcast_invalidation": Fix(
            "by",
            "ipi",
            "broadcast",
            "an instruction has all cores forget a translation, and interrupts none of them",
            alone=True,
        )
    }

    ipi_cycles: Cycles = Field(
        description="the sender's cycles for one interrupt, which are sent one after another, "
        "beside the way there and back"
    )
    spinning: Literal["delayed", "absorbed"] = Field(
        default="delayed",
        description="when a core that spins for a lock takes an interrupt: delayed = when it has "
        "the lock, absorbed = while it spins, which takes no time from it",
    )
    call_cycles: Cycles = Field(
        description="the system call that takes the page's rights away, without interrupts"
    )
    messages: Messages | None = Field(
        default=None, description="costs of its messages; null: the kernel sends none"
    )

    @property
    def needed_messages(self) -> Messages:
        """Costs of messages.

        Raises:
            ValueError: if the kernel sends none.
        """
        if self.messages is None:
            raise ValueError(
                "kernel.objects.shootdown.by: messages needs what messages cost; "
                "allowed: a kernel with kernel.objects.shootdown.messages"
            )
        return self.messages


class Shooter(Protocol):
    """A way to have some cores that run programs forget a translation."""

    def invalidate(self, asm: Assembler) -> None:
        """Emit the sender's part, from the first core told to the last acknowledgement."""


class Unmap(Protocol):
    """What core 0 and the others do when a page that all have mapped is unmapped."""

    def emit_unmap(self, asm: Assembler) -> None:
        """Emit one unmap on core 0."""

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit the loop of another core; returns its start."""


class Interrupts:
    """Shootdown by interrupts, thread n of the process being that of core n.

    Args:
        site: machine and active cores.
        shootdown: cost of an interrupt.
        cores: that run the address space.
    """

    def __init__(self, site: Site, shootdown: Shootdown, cores: Sequence[int]) -> None:
        self.cores = cores
        self.send_cycles = mean_interrupt_cycles(site, shootdown.ipi_cycles, cores)
        self.told = isa.NOT_EQUAL if shootdown.spinning == "absorbed" else isa.EQUAL
        self.handler_cycles = handler_cycles(site, self.cores)

    def invalidate(self, asm: Assembler) -> None:
        """Emit the sender's part: interrupts to all others, and the wait for the last of them."""
        if len(self.cores) == 1:
            return
        with asm.at(CHARGED_TO), asm.registers(1) as (wait,):
            nobody = Label()
            handler = self.handler_cycles
            interrupt_running(asm, self.cores, handler, wait, self.send_cycles, self.told)
            asm.branch(wait, isa.EQUAL, 0, nobody)
            asm.emit(isa.COMPUTE, source=wait, value=self.handler_cycles)
            asm.place(nobody)


class Broadcast:
    """Shootdown by an instruction, which reaches cores that run programs and all others."""

    def __init__(self, instruction: BroadcastInvalidation) -> None:
        self.instruction = instruction

    def invalidate(self, asm: Assembler) -> None:
        """Emit the sender's part: the instruction, until all cores have answered."""
        with asm.at(CHARGED_TO):
            self.instruction.emit(asm)


class BroadcastUnmap:
    """Unmap as a system call that executes the instruction; core 0 calls it."""

    def __init__(self, instruction: BroadcastInvalidation, shootdown: Shootdown) -> None:
        self.call_cycles = shootdown.call_cycles
        self.instruction = instruction

    def emit_unmap(self, asm: Assembler) -> None:
        """Emit one system call, from its entry until all cores have answered."""
        with asm.at(CHARGED_TO, isa.SYSTEM):
            asm.compute(self.call_cycles)
            self.instruction.emit(asm)

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit what another core does while pages are unmapped: nothing."""
        with asm.at(CHARGED_TO, isa.IDLE):
            top = asm.place()
            asm.emit(isa.HALT)
        return top


class MessageRound:
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
        with asm.at(CHARGED_TO), asm.registers(1) as (told,):
            nobody = Label()
            interrupt_running(asm, self.cores, handler, told, 1)
            asm.branch(told, isa.EQUAL, 0, nobody)
            asm.emit(isa.BULK, value=self.round.lines)
            asm.compute(self.round.wait + self.invalidation_cycles)
            asm.place(nobody)


class IpiUnmap:
    """Unmap as a system call that interrupts the other cores; core 0 calls it."""

    def __init__(self, context: KernelContext, shootdown: Shootdown) -> None:
        self.call_cycles = shootdown.call_cycles
        self.round = IpiRound(
            context.asm, shootdown.ipi_cycles, context.site, 0, range(1, context.site.cores)
        )

    def emit_unmap(self, asm: Assembler) -> None:
        """Emit one system call, from its entry until the last acknowledgement."""
        with asm.registers(1) as (wanted,), asm.at(CHARGED_TO, isa.SYSTEM):
            asm.compute(self.call_cycles)
            self.round.tell(asm, wanted)
            self.round.hear(asm, wanted)

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit what another core does while pages are unmapped; returns its start."""
        return self.round.emit_responder(asm)


class KernelMessageUnmap:
    """Unmap as a system call that tells the other cores by messages; core 0 calls it."""

    def __init__(self, context: KernelContext, shootdown: Shootdown) -> None:
        asm, site = context.asm, context.site
        self.call_cycles = shootdown.call_cycles
        self.invalidation_cycles = site.hardware.interrupts.tlb_invalidation_cycles
        costs = kernel_message_costs(shootdown.needed_messages, site.hardware.messaging)
        self.multicast = Multicast(asm, site, multicast_tree(site, 0, numa_aware=True), costs)

    def emit_unmap(self, asm: Assembler) -> None:
        """Emit one system call, from its entry until the last acknowledgement."""
        with asm.at(CHARGED_TO, isa.SYSTEM), self.multicast.cursor(asm) as at:
            self.multicast.advance(asm, at)
            asm.compute(self.call_cycles)
            self.multicast.send(asm, 0, at)
            self.multicast.collect(asm, 0, at)

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit what another core does while pages are unmapped; returns its start."""
        with asm.at(CHARGED_TO, isa.SYSTEM):
            return self.multicast.emit_follower(asm, core, (self.invalidation_cycles,))


class MonitorUnmap:
    """Unmap as an operation of the monitors; core 0 asks for it."""

    def __init__(self, context: KernelContext) -> None:
        self.monitors = Monitors(context)
        self.invalidation_cycles = context.site.hardware.interrupts.tlb_invalidation_cycles

    def emit_unmap(self, asm: Assembler) -> None:
        """Emit one unmap, from a program's call until the answer."""
        with self.monitors.multicast.cursor(asm) as at:
            self.monitors.multicast.advance(asm, at)
            self.monitors.take_call(asm, idle=True)
            self.monitors.tell(asm, at)
            with asm.at(MONITOR):
                asm.compute(self.invalidation_cycles)
            self.monitors.hear(asm, at)
            self.monitors.reply(asm)

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit what another core does while pages are unmapped; returns its start."""
        return self.monitors.emit_follower(asm, core, (self.invalidation_cycles,))


class ClusterUnmap:
    """Unmap by messages between clusters, and by interrupts inside them; core 0 asks for it."""

    def __init__(self, context: KernelContext, shootdown: Shootdown) -> None:
        asm, site = context.asm, context.site
        self.monitors = Monitors(context)
        self.invalidation_cycles = site.hardware.interrupts.tlb_invalidation_cycles
        self.rounds: dict[int, IpiRound] = {}
        for monitor, *others in self.monitors.clusters.members:
            interrupts = IpiRound(asm, shootdown.ipi_cycles, site, monitor, others)
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
        with asm.at(MONITOR), multicast.cursor(asm) as at, asm.registers(1) as (wanted,):
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
        with asm.at(CHARGED_TO, isa.SYSTEM):
            others.tell(asm, wanted)
            asm.compute(self.invalidation_cycles)
            if others.targets:
                others.hear(asm, wanted)


@strategy(Shootdown, "ipi")
class ByInterrupts:
    """interrupts, sent one after another."""

    def __init__(self, context: KernelContext, shootdown: Shootdown) -> None:
        self.context, self.shootdown = context, shootdown

    def among(self, cores: Sequence[int]) -> Shooter:
        """Shootdown among cores that run programs."""
        return Interrupts(self.context.site, self.shootdown, cores)

    def unmap(self) -> Unmap:
        """Unmapping a page, step by step."""
        return IpiUnmap(self.context, self.shootdown)


@strategy(Shootdown, "broadcast")
class ByBroadcast(ByInterrupts):
    """an instruction by which the machine tells all cores; interrupts where it has none."""

    def instruction(self) -> BroadcastInvalidation | None:
        """The instruction, if the machine has it: the kernel finds out when it starts."""
        return broadcast_invalidation(self.context.asm, self.context.site)

    def among(self, cores: Sequence[int]) -> Shooter:
        """Shootdown among cores that run programs, and all others."""
        instruction = self.instruction()
        return super().among(cores) if instruction is None else Broadcast(instruction)

    def unmap(self) -> Unmap:
        """Unmapping a page, step by step."""
        instruction = self.instruction()
        if instruction is None:
            return super().unmap()
        return BroadcastUnmap(instruction, self.shootdown)


@strategy(Shootdown, "messages")
class ByMessages(ByInterrupts):
    """URPC along the multicast tree of the machine, as between Barrelfish's monitors."""

    def among(self, cores: Sequence[int]) -> Shooter:
        """Shootdown among cores that run programs: all that are active."""
        return MessageRound(self.context.site, self.shootdown.needed_messages)

    def unmap(self) -> Unmap:
        """Unmapping a page, step by step."""
        return KernelMessageUnmap(self.context, self.shootdown)


@strategy(Shootdown, "monitors", by_cluster=True)
class ByMonitors(ByInterrupts):
    """a one-phase commit between the monitors of a multikernel."""

    def unmap(self) -> Unmap:
        """Unmapping a page, step by step."""
        if self.context.clusters.are_cores:
            return MonitorUnmap(self.context)
        return ClusterUnmap(self.context, self.shootdown)
