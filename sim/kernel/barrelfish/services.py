"""System calls of the multikernel: Linux's code, on objects that no two cores share.

What PK still shares between cores is replicated or partitioned here (SOSP'09 sections 3.3, 4.6):

- read-mostly objects (mount table, dentries, routes) are replicas on each core, as with PK's fixes;
  what these leave in one place (a sloppy counter's centre) costs what moving a line costs, as if a
  message fetched it; without one of the fixes, cores share that fix's object, and no other;
- a core's queue of the network card, and what its driver notes of the device, is the core's own;
- a directory or file that many processes change belongs to one core, which changes it when a
  message asks for it: its lines never leave that core, and nobody spins;
- the regions and page tables of an address space are replicas; a change of them is agreed by
  messages along the multicast tree, and faults read the core's own replica (section 4.8; with
  `page_tables: shared` they are one, under Linux's lock and with its interrupts);
- processes are created from memory and structures of the core's own; so are packets and sockets.

With `cluster: package` this holds for packages instead of cores (clustered_services.py).

A message to a busy core interrupts it (section 5.2): the owner pays the trap, the messages and the
work, and the caller waits for it. One file that all append to belongs to core 0. Where there are
several objects, such as directories, their owner is drawn anew for every message, which spreads the
load as hashing many objects would. No paper measured these calls: every cost that is not Linux's or
URPC's own is assumed.

Not modelled: an owner that serves several of its objects at once, full channels, caching of
replies, and what it costs to replicate a change of a name or a mount.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.linux.address_space import REGIONS
from sim.kernel.linux.kernel import Linux
from sim.kernel.linux.network.net_device import NetDevice
from sim.kernel.message_round import message_cycles, message_round
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.config.schema.barrelfish import Barrelfish, Monitor
    from sim.config.schema.network import Network
    from sim.kernel.linux.page_fault import PageFaults
    from sim.kernel.population import Population
    from sim.machine.site import Site


class OwnedObjects:
    """`count` objects that one core each changes on behalf of all.

    Args:
        name: object of the account.
        work_cycles: one change, on the owner.
        kernel: costs of the monitors' messages.
    """

    def __init__(
        self,
        asm: Assembler,
        name: str,
        work_cycles: int,
        site: Site,
        monitor: Monitor,
        count: int = 1,
    ) -> None:
        cycles = message_cycles(monitor, site)
        self.name, self.work_cycles, self.cores, self.count = name, work_cycles, site.cores, count
        self.send_cycles, self.receive_cycles = cycles.send, cycles.receive
        self.service_cycles = cycles.handler + work_cycles
        self.queues = asm.new_servers(count)

    def update(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Emit one change of the object whose number is in a register, by its owner."""
        with asm.at(self.name), asm.registers(2) as (owner, done):
            own, end = Label(), Label()
            if self.count > 1:
                asm.emit(isa.DRAW, dst=owner, value=self.cores)
            else:
                asm.emit(isa.SET, dst=owner, value=0)
            asm.branch(owner, isa.EQUAL, 0, own, source=R_CORE)
            self._ask(asm, owner, done, index)
            asm.jump(end)
            asm.place(own)
            asm.compute(self.work_cycles)
            asm.place(end)

    def _ask(self, asm: Assembler, owner: int, done: int, index: int) -> None:
        """Emit a message to the owner and the wait for its answer."""
        asm.compute(self.send_cycles)
        asm.fetch_messages(1)
        asm.emit(
            isa.SUBMIT,
            address=self.queues,
            index=index,
            stride=1,
            value=self.service_cycles,
            dst=done,
        )
        asm.emit(isa.INTERRUPT, source=owner, target=self.service_cycles)
        asm.emit(isa.AWAIT_TIME, source=done, cause=isa.C_MESSAGE_WAIT)
        asm.fetch_messages(1)
        asm.compute(self.receive_cycles)


class ReplicatedAddressSpace:
    """An address space whose regions are replicas on every core that runs its threads."""

    def __init__(self, kernel: Barrelfish, site: Site) -> None:
        regions, monitor = kernel.services.objects.memory_map, kernel.objects.monitor
        self.map_cycles, self.unmap_cycles = regions.map_cycles, regions.unmap_cycles
        self.round = message_round(monitor, site)
        self.invalidation_cycles = site.hardware.interrupts.tlb_invalidation_cycles
        self.cores = site.cores

    def fault(self, asm: Assembler, faults: PageFaults, pages: int, remote: float) -> None:
        """Emit faults on fresh pages; each reads the core's own replica of the regions."""
        faults.fault(asm, pages, remote)

    def enter_fault(self, asm: Assembler) -> None:
        """Emit the start of a fault: nothing is shared."""

    def leave_fault(self, asm: Assembler) -> None:
        """Emit the end of a fault: nothing is shared."""

    def map(self, asm: Assembler) -> None:
        """Emit mmap on all replicas."""
        self._agree(asm, self.map_cycles, self.round.handler)

    def unmap(self, asm: Assembler) -> None:
        """Emit munmap on all replicas, whose cores forget the translation."""
        self._agree(asm, self.unmap_cycles, self.round.handler + self.invalidation_cycles)

    def _agree(self, asm: Assembler, work: int, handler: int) -> None:
        """Emit a one-phase commit: every other core changes its replica, and the caller waits."""
        with asm.at(REGIONS), asm.registers(1) as (target,):
            asm.compute(work)
            if self.cores == 1:
                return
            top, itself = Label(), Label()
            asm.emit(isa.SET, dst=target, value=self.cores)
            asm.place(top)
            asm.emit(isa.SET, dst=target, source=target, value=-1)
            asm.branch(target, isa.EQUAL, 0, itself, source=R_CORE)
            asm.emit(isa.INTERRUPT, source=target, target=handler + work)
            asm.place(itself)
            asm.branch(target, isa.AT_LEAST, 1, top)
            asm.fetch_messages(self.round.lines)
            asm.compute(self.round.wait + work)


class Services(Linux):
    """The system calls of one simulation on the multikernel."""

    def __init__(
        self, asm: Assembler, kernel: Barrelfish, site: Site, population: Population
    ) -> None:
        super().__init__(asm, kernel.services, site, population)
        asm.replicas |= asm.replicable
        objects, monitor = kernel.services.objects, kernel.objects.monitor
        self.directory = OwnedObjects(
            asm, "directory", objects.directory.hold_cycles, site, monitor, population.directories
        )
        self.file = OwnedObjects(asm, "shared_file", objects.file_append.hold_cycles, site, monitor)
        self.fork_lines = foreign(kernel, self.fork_lines)
        if population.shared_address_space and kernel.page_tables == "replicated":
            self.address_space = ReplicatedAddressSpace(kernel, site)
        device = own_device(asm, kernel, site.cores, R_CORE)
        self.network = replace(self.network, settings=foreign_network(kernel), device=device)


def own_device(asm: Assembler, kernel: Barrelfish, replicas: int, replica: int) -> NetDevice:
    """A network device of which every core or cluster has an instance, as it has its own queue."""
    fixed = kernel.services.fix.net_device_false_sharing
    settings = kernel.services.objects.network.net_device
    return NetDevice(asm, settings, not fixed, replicas, replica)


def foreign(kernel: Barrelfish, lines: int) -> int:
    """How many of the lines that PK's cores fetch from one another come from other clusters."""
    return round(kernel.foreign_lines * lines)


def foreign_network(kernel: Barrelfish) -> Network:
    """Settings of a network stack whose packets and sockets stay in one cluster, or most lines."""
    network = kernel.services.objects.network
    packet, connection = network.packet, network.connection
    lines = {"shared_lines": foreign(kernel, packet.shared_lines)}
    packet = packet.model_copy(update=lines)
    lines = {"shared_lines": foreign(kernel, connection.shared_lines)}
    connection = connection.model_copy(update=lines)
    return network.model_copy(update={"packet": packet, "connection": connection})
