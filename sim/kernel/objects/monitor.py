"""Monitors: a user-level process per core, which keep the cores' replicas consistent by messages.

A program's call reaches the monitor of its own core by LRPC. The monitors agree over the multicast
tree of the system knowledge base, by one or two rounds of messages and acknowledgements. Beside
the cache lines that move a message costs marshalling, demultiplexing, and, if the receiving core
had nothing to do, a pass of its event loop; the unoptimised dispatch loop is the largest part
(SOSP'09 section 5.1).

A monitor passes a message on and waits for the answers before it takes the next one.

Where the cores of a cluster share a kernel, its first core runs the one monitor of all of them.

A monitor could as well be a part of the kernel (`in_kernel`): a system call then takes the place of
the LRPC and of scheduling the monitor's process. Barrelfish pays these constant costs for a kernel
that is simple (section 4.2).

Not modelled: monitors that block and are woken, and programs that compete with them for the core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.kernel.knowledge_base import aggregation_tree, multicast_tree
from sim.kernel.messages import Messages, kernel_message_costs
from sim.kernel.objects.cpu_driver import CpuDriver, Lrpc
from sim.kernel.table import KernelObject
from sim.program.assembler import Assembler, Label
from sim.settings import Cycles
from sim.sync.multicast import Multicast
from sim.sync.urpc import Cursor

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext

OBJECT = "monitor"


class Monitor(Messages, KernelObject):
    """The monitor of each core: messages between monitors, and operations on behalf of programs."""

    key: ClassVar[str] = "monitor"

    in_kernel: bool = Field(
        description="a part of the CPU driver, reached by a system call, instead of a program of "
        "its own, reached by LRPC"
    )
    schedule_cycles: Cycles = Field(
        description="delay until an idle core runs the monitor for a program's call, and the "
        "program again after it; a busy monitor polls for the next call"
    )
    operation_cycles: Cycles = Field(
        description="work of one operation on its coordinating core: look-up of the capability, "
        "state of the operation, the reply"
    )


class Monitors:
    """The monitors of all active cores, or of one core of each cluster.

    Args:
        context: of the kernel, whose clusters have a monitor each.
        coordinator: core whose programs ask for operations.
        slots: messages that each channel between monitors can hold.
    """

    def __init__(self, context: KernelContext, coordinator: int = 0, slots: int = 1) -> None:
        asm, site = context.asm, context.site
        self.settings, self.coordinator = context.settings(Monitor), coordinator
        self.clusters = context.clusters
        self.driver = CpuDriver(context.settings(Lrpc), site)
        self.trap_cycles = site.hardware.interrupts.trap_cycles
        costs = kernel_message_costs(self.settings, site.hardware.messaging)
        tree = (
            aggregation_tree(site, coordinator)
            if self.clusters.are_packages
            else multicast_tree(site, coordinator, numa_aware=True)
        )
        self.multicast = Multicast(asm, site, tree, costs, slots)

    def take_call(self, asm: Assembler, *, idle: bool) -> None:
        """Take a program's call; an idle core first has to run the monitor."""
        self.enter(asm)
        with asm.at(OBJECT, isa.USER):
            if idle and not self.settings.in_kernel:
                asm.compute(self.settings.schedule_cycles)
            asm.compute(self.settings.operation_cycles)

    def reply(self, asm: Assembler) -> None:
        """Answer the program."""
        self.enter(asm)

    def enter(self, asm: Assembler) -> None:
        """Cross from the program to the monitor or back."""
        if self.settings.in_kernel:
            with asm.at("cpu_driver", isa.SYSTEM):
                asm.compute(self.trap_cycles // 2)
        else:
            self.driver.call(asm)

    def tell(self, asm: Assembler, at: Cursor) -> None:
        """Let the coordinator send the cursor's message to the other monitors."""
        with asm.at(OBJECT, isa.USER):
            self.multicast.send(asm, self.coordinator, at)

    def hear(self, asm: Assembler, at: Cursor) -> None:
        """Let the coordinator wait until all have acknowledged the cursor's message."""
        with asm.at(OBJECT, isa.USER):
            self.multicast.collect(asm, self.coordinator, at)

    def has(self, core: int) -> bool:
        """Whether a core runs a monitor."""
        return core in self.clusters.monitors

    def emit_bystander(self, asm: Assembler) -> Label:
        """Emit what a core without a monitor does while the monitors agree: nothing."""
        with asm.at(OBJECT, isa.IDLE):
            top = asm.place()
            asm.emit(isa.AWAIT_IPI, cause=isa.C_BLOCKED)
            asm.jump(top)
        return top

    def emit_follower(self, asm: Assembler, core: int, work: tuple[int, ...]) -> Label:
        """Emit the loop of another core's monitor; messages ask in turn for cycles of work."""
        with asm.at(OBJECT, isa.USER):
            return self.multicast.emit_follower(asm, core, work)
