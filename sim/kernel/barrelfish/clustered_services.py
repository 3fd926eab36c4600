"""System calls of a multikernel whose clusters of cores share a kernel each.

What services.py gives to one core belongs here to a cluster, whose cores share it through memory
as PK's cores do. A directory belongs to a cluster, whose cores change it under its mutex; an
address space has a replica and an mmap_sem per cluster, whose cores interrupt each other to forget
a translation; processes, packets and sockets find lines that another core of the cluster wrote.
What PK has on each core already stays there. Other clusters ask a monitor, by messages. What a
monitor does for others excludes its own cluster's changes, and the other way round, in the order
of arrival. With one core in each cluster this is services.py, with one cluster it is PK.

No paper measured this; costs are PK's inside a cluster and those of services.py between clusters.
Not modelled: the lines of a cluster's regions that its monitor writes for another cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.isa import R_PACKAGE
from sim.kernel.barrelfish.clusters import ClusterLines, Clusters
from sim.kernel.barrelfish.services import own_device
from sim.kernel.linux.address_space import OBJECT as SEMAPHORE
from sim.kernel.linux.address_space import REGIONS, SharedAddressSpace
from sim.kernel.linux.kernel import Linux
from sim.kernel.linux.locks import KernelLocks
from sim.kernel.linux.network.stack import NetworkStack
from sim.kernel.linux.tlb import OBJECT as SHOOTDOWN
from sim.kernel.linux.tlb import TlbShootdown, interrupt_running
from sim.kernel.message_round import message_cycles
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.config.schema.barrelfish import Barrelfish
    from sim.config.schema.kernel import SharedHold
    from sim.kernel.linux.page_fault import PageFaults
    from sim.kernel.population import Population


class ClusterObjects:
    """`count` objects, each of which belongs to one cluster, whose cores change it under a mutex.

    The first cluster owns a single object; of several, the owner is drawn anew for every change,
    as in `OwnedObjects`.

    Args:
        name: object of the account.
        settings: one change, and the lines that it works on.
        kernel: costs of messages and mutexes.
        clusters: of the active cores, several.
        lines: those that the cores of a cluster share.
    """

    def __init__(
        self,
        asm: Assembler,
        name: str,
        settings: SharedHold,
        kernel: Barrelfish,
        lines: ClusterLines,
        count: int = 1,
    ) -> None:
        self.name, self.settings, self.count = name, settings, count
        self.lines, self.clusters = lines, lines.clusters
        self.cycles = message_cycles(kernel.objects.monitor, lines.clusters.site)
        locks = KernelLocks(kernel.services, lines.clusters.site)
        with asm.for_each_core():  # of a cluster; the other clusters' never take it
            self.mutex = locks.mutex(asm, count * len(self.clusters))
        self.queues = asm.new_servers(count)

    def update(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Emit one change of the object whose number is in a register, inside its cluster."""
        with asm.at(self.name), asm.registers(2) as (owner, own):
            here, end = Label(), Label()
            if self.count > 1:
                asm.emit(isa.DRAW, dst=owner, value=len(self.clusters))
            else:
                asm.emit(isa.SET, dst=owner, value=0)
            self.clusters.number(asm, own)
            asm.branch(owner, isa.EQUAL, 0, here, source=own)
            self._ask(asm, owner, index)
            asm.jump(end)
            asm.place(here)
            self._change(asm, owner, index)
            asm.place(end)

    def _change(self, asm: Assembler, owner: int, index: int) -> None:
        """Emit a change by a core of the owning cluster; afterwards `owner` is another number."""
        with asm.registers(1) as (done,):
            asm.emit(isa.SET, dst=done, value=0)
            asm.emit(isa.ADD, dst=done, source=owner, value=self.count)
            asm.emit(isa.SET, dst=owner, source=done)
            if index != isa.NONE:
                asm.emit(isa.ADD, dst=owner, source=index, value=1)
            self.mutex.acquire(asm, owner)
            self.lines.fetch_near(asm, self.settings.lines)
            self._submit(asm, index, self.settings.hold_cycles, done)
            asm.compute(self.settings.hold_cycles)
            asm.emit(isa.AWAIT_TIME, source=done, cause=isa.C_LOCK_WAIT)
            self.mutex.release(asm, owner)

    def _ask(self, asm: Assembler, owner: int, index: int) -> None:
        """Emit a message to the owning cluster's monitor and the wait for its answer."""
        with asm.registers(1) as (done,):
            asm.compute(self.cycles.send)
            asm.fetch_messages(1)
            end = Label()
            for cluster, monitor in enumerate(self.clusters.monitors):
                following = Label()
                asm.branch(owner, isa.NOT_EQUAL, cluster, following)
                service = self.cycles.handler + self.settings.hold_cycles
                service += self.settings.lines * self.clusters.transfer_cycles(cluster)
                self._submit(asm, index, service, done)
                asm.emit(isa.INTERRUPT, value=monitor, target=service)
                asm.jump(end)
                asm.place(following)
            asm.place(end)
            asm.emit(isa.AWAIT_TIME, source=done, cause=isa.C_MESSAGE_WAIT)
            asm.fetch_messages(1)
            asm.compute(self.cycles.receive)

    def _submit(self, asm: Assembler, index: int, cycles: int, done: int) -> None:
        """Emit taking a turn at an object, whoever changes it."""
        asm.emit(isa.SUBMIT, address=self.queues, index=index, stride=1, value=cycles, dst=done)


class ClusterAddressSpace:
    """An address space with one replica of its regions and page tables in each cluster.

    Faults take the read side of their own cluster's mmap_sem. mmap and munmap take its write side
    and have the monitors of the other clusters change their replicas meanwhile; a fault there waits
    until that is done. To forget a translation, the cores of each cluster are interrupted by the
    one that changes its replica.
    """

    def __init__(self, asm: Assembler, kernel: Barrelfish, clusters: Clusters) -> None:
        site, objects = clusters.site, kernel.services.objects
        self.clusters = clusters
        self.cycles = message_cycles(kernel.objects.monitor, site)
        self.map_cycles = objects.memory_map.map_cycles
        self.unmap_cycles = objects.memory_map.unmap_cycles
        self.ipi_cycles = objects.shootdown.ipi_cycles
        self.invalidation_cycles = site.hardware.interrupts.tlb_invalidation_cycles
        self.tlb = [TlbShootdown(site, objects.shootdown, cores) for cores in clusters.members]
        with asm.for_each_core():  # of a cluster
            self.replicas = [
                SharedAddressSpace(asm, kernel.services, site, tlb) for tlb in self.tlb
            ]
        self.changes = asm.new_servers(len(clusters))

    def fault(self, asm: Assembler, faults: PageFaults, pages: int, remote: float) -> None:
        """Emit faults on fresh pages, each under the read side of its cluster's mmap_sem."""
        with asm.repeat(pages):
            self.enter_fault(asm)
            faults.fault(asm, 1, remote)
            self.leave_fault(asm)

    def enter_fault(self, asm: Assembler) -> None:
        """Emit the start of a fault, which waits for changes that a monitor makes."""

        def emit(cluster: int) -> None:
            self.replicas[cluster].enter_fault(asm)
            asm.emit(isa.REQUEST, address=self.changes + cluster, cause=isa.C_LOCK_WAIT)

        with asm.at(SEMAPHORE):
            self.clusters.each(asm, emit)

    def leave_fault(self, asm: Assembler) -> None:
        """Emit the end of a fault."""
        self.clusters.each(asm, lambda cluster: self.replicas[cluster].leave_fault(asm))

    def map(self, asm: Assembler) -> None:
        """Emit mmap on all replicas."""
        self.clusters.each(asm, lambda cluster: self._change(asm, cluster, unmap=False))

    def unmap(self, asm: Assembler) -> None:
        """Emit munmap on all replicas, whose cores forget the translation."""
        self.clusters.each(asm, lambda cluster: self._change(asm, cluster, unmap=True))

    def _change(self, asm: Assembler, own: int, *, unmap: bool) -> None:
        """Emit a one-phase commit that a core of the cluster `own` begins."""
        work = self.unmap_cycles if unmap else self.map_cycles
        with asm.at(SEMAPHORE), asm.registers(2) as (done, last):
            semaphore = self.replicas[own].region_list
            semaphore.acquire(asm)
            with asm.at(REGIONS):
                asm.emit(isa.SUBMIT, address=self.changes + own, value=work, dst=last)
                asm.compute(work)
                asm.emit(isa.AWAIT_TIME, source=last, cause=isa.C_LOCK_WAIT)
                for cluster in range(len(self.clusters)):
                    if cluster != own:
                        self._tell(asm, cluster, (done, last), unmap=unmap)
            if unmap:
                self.tlb[own].invalidate(asm)
            with asm.at(REGIONS):
                asm.emit(isa.AWAIT_TIME, source=last, cause=isa.C_MESSAGE_WAIT)
                asm.fetch_messages(2)  # the last one there, and its answer
            semaphore.release(asm)

    def _tell(
        self, asm: Assembler, cluster: int, registers: tuple[int, int], *, unmap: bool
    ) -> None:
        """Emit a message to another cluster's monitor; the later of the answers is remembered."""
        done, last = registers
        monitor, *others = self.clusters.members[cluster]
        service = self.cycles.handler + (self.unmap_cycles if unmap else self.map_cycles)
        asm.compute(self.cycles.send)
        if unmap:
            service += self.invalidation_cycles
            if others:
                handler = self.tlb[cluster].handler_cycles
                with asm.at(SHOOTDOWN):
                    interrupt_running(asm, others, handler, done, 1)
                service += len(others) * self.ipi_cycles + handler
        asm.emit(isa.SUBMIT, address=self.changes + cluster, value=service, dst=done)
        asm.emit(isa.INTERRUPT, value=monitor, target=service)
        earlier = Label()
        asm.branch(done, isa.LESS, 0, earlier, source=last)
        asm.emit(isa.SET, dst=last, source=done)
        asm.place(earlier)


@dataclass(frozen=True)
class ClusterNetworkStack(NetworkStack):
    """A network stack whose packets and sockets stay inside a cluster."""

    lines: ClusterLines

    def _touch(self, asm: Assembler, lines: int) -> None:
        """Emit fetching lines of packets and sockets that the cluster's cores wrote last."""
        with asm.at("network"):
            self.lines.fetch(asm, lines)


class ClusteredServices(Linux):
    """The system calls of one simulation on a multikernel of several clusters of cores."""

    def __init__(
        self, asm: Assembler, kernel: Barrelfish, clusters: Clusters, population: Population
    ) -> None:
        super().__init__(asm, kernel.services, clusters.site, population)
        objects = kernel.services.objects
        self.lines = ClusterLines(asm, clusters, kernel.foreign_lines)
        self.directory = ClusterObjects(
            asm, "directory", objects.directory, kernel, self.lines, population.directories
        )
        self.file = ClusterObjects(asm, "shared_file", objects.file_append, kernel, self.lines)
        if population.shared_address_space and kernel.page_tables == "replicated":
            self.address_space = ClusterAddressSpace(asm, kernel, clusters)
        device = own_device(asm, kernel, max(clusters.site.dies) + 1, R_PACKAGE)
        network = vars(self.network) | {"device": device}
        self.network = ClusterNetworkStack(**network, lines=self.lines)
        asm.replicas |= asm.replicable

    def fork_and_exit(self, asm: Assembler) -> None:
        """Create a process and end it, as far as it touches lines of the cluster's other cores."""
        with asm.at("process"):
            self.lines.fetch(asm, self.fork_lines)
