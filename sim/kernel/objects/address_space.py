"""Address spaces (struct mm, mmap_sem): of a process alone, or of threads on all cores.

Processes have an address space each and share none of it (OSDI'10 sections 5.7 and 5.8). For
threads:

    shared       One list of memory regions under a reader-writer semaphore, mmap_sem. A page fault
                 takes the read side, mmap and munmap the write side. Readers do not exclude each
                 other, but taking and dropping the semaphore writes its line, and so do the
                 counters beside it: with threads on many cores that one line limits the rate of
                 faults.

                     core 0   read [ fault ] drop
                     core 1   read: line moves [ fault ] drop: line moves

                 Writers exclude everybody, whoever waits sleeps, and munmap keeps the semaphore
                 until all cores have acknowledged that they forgot the translation.
    replicated   Each core, or cluster of cores, has a replica of the regions and page tables
                 (SOSP'09 section 4.8). Faults read the own replica; a change is agreed by a
                 one-phase commit: every other core changes its replica, and the caller waits.

                     core 0   [ change ] tell .............. all have answered
                     core 1                   trap [ change ]

                 Inside a cluster the replica is under the cluster's mmap_sem (or, as `replica`
                 says, its mmap_lock), whose write side a change takes; the monitors of other
                 clusters change theirs meanwhile, and a fault there waits until that is done. To
                 forget a translation, the cores of each cluster are interrupted by the one that
                 changes its replica.

    mmap_lock, per_vma
                 The list of regions of later kernels, region_lock.py.

Not modelled: the lines of a cluster's regions that its monitor writes for another cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.interrupt_round import CHARGED_TO, interrupt_running
from sim.kernel.message_round import message_cycles, message_round
from sim.kernel.objects.tlb import Interrupts, Shootdown
from sim.kernel.table import STRATEGIES, Fix, KernelObject, strategy
from sim.program.assembler import Assembler, Label
from sim.settings import Count, Cycles
from sim.sync.rw_semaphore import RwSemaphore

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.kernel.objects.page import PageFaults
    from sim.kernel.objects.tlb import Shooter

OBJECT = "mmap_sem"
REGIONS = "address_space"
LOCK_UPDATES = 2  # taking the read side and dropping it


Emit = Callable[[Assembler], None]


def leave(asm: Assembler) -> None:
    """Emit nothing: whatever pages a region had stay as they are."""


class MemoryMap(KernelObject):
    """Changes of an address space's list of memory regions."""

    key: ClassVar[str] = "memory_map"

    map_cycles: Cycles = Field(description="mmap: finding room and adding a region")
    unmap_cycles: Cycles = Field(
        description="munmap: removing a region and its page tables, without the TLB shootdown"
    )
    heap_cycles: Cycles | None = Field(
        default=None, description="brk: moving the end of the heap; null: never measured"
    )
    give_back_cycles: Cycles | None = Field(
        default=None,
        description="madvise: taking a page out of the page table, without the TLB shootdown and "
        "freeing it; null: never measured",
    )

    def needed(self, name: str) -> int:
        """Cycles of a call that not every kernel has numbers of.

        Raises:
            ValueError: if this one has none.
        """
        cycles: int | None = getattr(self, name)
        if cycles is None:
            raise ValueError(
                f"kernel.objects.{self.key}.{name}: missing; allowed: a kernel that has it, "
                "such as linux_5_10"
            )
        return cycles


class AddressSpace(KernelObject):
    """What the threads of one address space share while they fault (struct mm)."""

    key: ClassVar[str] = "address_space"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "per_vma_lock": Fix(
            "sharing",
            "mmap_lock",
            "per_vma",
            "faults take the lock of their region of memory instead of the address space's",
            alone=True,
        )
    }

    replica: Literal["shared", "mmap_lock", "per_vma"] = Field(
        default="shared",
        description="how the cores of a cluster share their replica, where the sharing is "
        "replicated: as an address space of theirs alone would be",
    )
    touches: Count = Field(
        description="locked updates of the address space's line in a page fault, those of its "
        "reader-writer lock (mmap_sem) included"
    )


class Semaphore(Protocol):
    """A reader-writer semaphore with other counters beside its word."""

    word: int

    def acquire_read(self, asm: Assembler) -> None:
        """Emit taking the read side."""

    def release_read(self, asm: Assembler) -> None:
        """Emit dropping the read side."""

    def acquire(self, asm: Assembler) -> None:
        """Emit taking the write side."""

    def release(self, asm: Assembler) -> None:
        """Emit dropping the write side."""


class Regions(Protocol):
    """The memory regions of a process."""

    def fault(self, asm: Assembler, faults: PageFaults, pages: int, remote: float) -> None:
        """Emit faults on fresh pages."""

    def enter_fault(self, asm: Assembler) -> None:
        """Emit the start of a fault: find its region."""

    def leave_fault(self, asm: Assembler) -> None:
        """Emit the end of a fault."""

    def map(self, asm: Assembler) -> None:
        """Emit adding a region."""

    def unmap(self, asm: Assembler, free: Emit = leave) -> None:
        """Emit removing a region, and its translations from all cores, and freeing its pages."""

    def move_heap_end(self, asm: Assembler, cycles: int) -> None:
        """Emit brk, of so many cycles, by pages that nobody has touched."""

    def give_back(self, asm: Assembler, cycles: int, free: Emit) -> None:
        """Emit taking a page out, of so many cycles, having all cores forget it, and freeing it."""


class Replica(Protocol):
    """A cluster's replica of the regions, whose change other clusters are told of."""

    def enter_fault(self, asm: Assembler) -> None:
        """Emit the start of a fault: find its region."""

    def leave_fault(self, asm: Assembler) -> None:
        """Emit the end of a fault."""

    def open_change(self, asm: Assembler, *, unmap: bool) -> None:
        """Emit keeping others out, before a region comes or goes."""

    def ease_change(self, asm: Assembler) -> None:
        """Emit letting in whom the shootdown does not concern, when a region has gone."""

    def close_change(self, asm: Assembler, *, unmap: bool) -> None:
        """Emit letting others in again."""


class PrivateAddressSpace:
    """An address space per core: nobody else locks it, and no other core caches its pages."""

    def __init__(self, context: KernelContext) -> None:
        regions = context.settings(MemoryMap)
        self.map_cycles, self.unmap_cycles = regions.map_cycles, regions.unmap_cycles

    def fault(self, asm: Assembler, faults: PageFaults, pages: int, remote: float) -> None:
        """Emit faults on fresh pages."""
        faults.fault(asm, pages, remote)

    def enter_fault(self, asm: Assembler) -> None:
        """Emit the start of a fault: nothing is shared."""

    def leave_fault(self, asm: Assembler) -> None:
        """Emit the end of a fault: nothing is shared."""

    def map(self, asm: Assembler) -> None:
        """Emit mmap."""
        with asm.at(REGIONS):
            asm.compute(self.map_cycles)

    def unmap(self, asm: Assembler, free: Emit = leave) -> None:
        """Emit munmap."""
        with asm.at(REGIONS):
            asm.compute(self.unmap_cycles)
        free(asm)

    def move_heap_end(self, asm: Assembler, cycles: int) -> None:
        """Emit brk by pages that nobody has touched."""
        with asm.at(REGIONS):
            asm.compute(cycles)

    def give_back(self, asm: Assembler, cycles: int, free: Emit) -> None:
        """Emit freeing a page whose region stays."""
        with asm.at(REGIONS):
            asm.compute(cycles)
        free(asm)


class SharedAddressSpace:
    """One address space that the threads of several cores fault and map in.

    Args:
        context: of the kernel.
        regions: the semaphore of the list of regions.
        lock_updates: locked updates by which a fault takes and drops it.
    """

    def __init__(self, context: KernelContext, regions: Semaphore, lock_updates: int) -> None:
        self.regions = regions
        self.counters = regions.word + 1
        self.updates = max(context.settings(AddressSpace).touches - lock_updates, 0)
        changes = context.settings(MemoryMap)
        self.map_cycles, self.unmap_cycles = changes.map_cycles, changes.unmap_cycles
        self.tlb: Shooter = context.make(Shootdown).among(context.members)

    def enter_fault(self, asm: Assembler) -> None:
        """Emit the start of a fault: find the region under the read side of the semaphore."""
        with asm.at(OBJECT):
            self.regions.acquire_read(asm)

    def leave_fault(self, asm: Assembler) -> None:
        """Emit the end of a fault: update the counters beside the semaphore, and drop it."""
        with asm.at(OBJECT):
            for _ in range(self.updates):
                asm.emit(isa.FETCH_ADD, address=self.counters, value=1)
            self.regions.release_read(asm)

    def fault(self, asm: Assembler, faults: PageFaults, pages: int, remote: float) -> None:
        """Emit faults on fresh pages, each under the lock that a fault takes."""
        with asm.repeat(pages):
            self.enter_fault(asm)
            faults.fault(asm, 1, remote)
            self.leave_fault(asm)

    def map(self, asm: Assembler) -> None:
        """Emit mmap under the write side of the semaphore."""
        with asm.at(OBJECT):
            self.regions.acquire(asm)
            with asm.at(REGIONS):
                asm.compute(self.map_cycles)
            self.regions.release(asm)

    def unmap(self, asm: Assembler, free: Emit = leave) -> None:
        """Emit munmap under the write side of the semaphore, TLB shootdown included."""
        with asm.at(OBJECT):
            self.regions.acquire(asm)
            with asm.at(REGIONS):
                asm.compute(self.unmap_cycles)
            self.tlb.invalidate(asm)
            free(asm)
            self.regions.release(asm)

    def move_heap_end(self, asm: Assembler, cycles: int) -> None:
        """Emit brk under the write side of the semaphore; no core has a translation to forget."""
        with asm.at(OBJECT):
            self.regions.acquire(asm)
            with asm.at(REGIONS):
                asm.compute(cycles)
            self.regions.release(asm)

    def give_back(self, asm: Assembler, cycles: int, free: Emit) -> None:
        """Emit freeing a page whose region stays under the read side, TLB shootdown included."""
        with asm.at(OBJECT):
            self.regions.acquire_read(asm)
            with asm.at(REGIONS):
                asm.compute(cycles)
            self.tlb.invalidate(asm)
            free(asm)
            self.regions.release_read(asm)

    def open_change(self, asm: Assembler, *, unmap: bool) -> None:
        """Emit taking the write side of mmap_sem."""
        self.regions.acquire(asm)

    def ease_change(self, asm: Assembler) -> None:
        """Emit nothing: mmap_sem stays taken until all have forgotten the translation."""

    def close_change(self, asm: Assembler, *, unmap: bool) -> None:
        """Emit dropping mmap_sem."""
        self.regions.release(asm)


def under_mmap_sem(context: KernelContext) -> SharedAddressSpace:
    """Make an address space whose list of regions is under mmap_sem, whose waiters sleep."""
    semaphore = RwSemaphore(context.asm, context.site.cores, lambda asm: context.locks.spin())
    return SharedAddressSpace(context, semaphore, LOCK_UPDATES)


class ReplicatedAddressSpace:
    """An address space whose regions are replicas on every core that runs its threads."""

    def __init__(self, context: KernelContext) -> None:
        regions, site = context.settings(MemoryMap), context.site
        self.map_cycles, self.unmap_cycles = regions.map_cycles, regions.unmap_cycles
        self.round = message_round(context.messages, site)
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

    def unmap(self, asm: Assembler, free: Emit = leave) -> None:
        """Emit munmap on all replicas, whose cores forget the translation."""
        self.give_back(asm, self.unmap_cycles, free)

    def move_heap_end(self, asm: Assembler, cycles: int) -> None:
        """Emit brk on all replicas."""
        self._agree(asm, cycles, self.round.handler)

    def give_back(self, asm: Assembler, cycles: int, free: Emit) -> None:
        """Emit taking pages out of all replicas, whose cores forget the translation."""
        self._agree(asm, cycles, self.round.handler + self.invalidation_cycles)
        free(asm)

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


class ClusterAddressSpace:
    """An address space with one replica of its regions and page tables in each cluster.

    Faults take the read side of their own cluster's mmap_sem, or what `replica` says. mmap and
    munmap take its write side and have the monitors of the other clusters change their replicas
    meanwhile; a fault there waits until that is done. To forget a translation, the cores of each
    cluster are interrupted by the one that changes its replica.
    """

    def __init__(self, context: KernelContext) -> None:
        asm, site = context.asm, context.site
        regions, shootdown = context.settings(MemoryMap), context.settings(Shootdown)
        self.clusters = context.clusters
        self.cycles = message_cycles(context.messages, site)
        self.map_cycles, self.unmap_cycles = regions.map_cycles, regions.unmap_cycles
        self.invalidation_cycles = site.hardware.interrupts.tlb_invalidation_cycles
        self.tlb = [Interrupts(site, shootdown, cores) for cores in self.clusters.members]
        space = context.settings(AddressSpace)
        make = STRATEGIES[AddressSpace.key, space.replica]
        with asm.for_each_core():  # of a cluster
            self.replicas: list[Replica] = [
                make(context.of_kernel(number), space) for number in range(len(self.clusters))
            ]
        self.changes = asm.new_servers(len(self.clusters))

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

        with asm.at(OBJECT):
            self.clusters.each(asm, emit)

    def leave_fault(self, asm: Assembler) -> None:
        """Emit the end of a fault."""
        self.clusters.each(asm, lambda cluster: self.replicas[cluster].leave_fault(asm))

    def map(self, asm: Assembler) -> None:
        """Emit mmap on all replicas."""
        self.move_heap_end(asm, self.map_cycles)

    def unmap(self, asm: Assembler, free: Emit = leave) -> None:
        """Emit munmap on all replicas, whose cores forget the translation."""
        self.give_back(asm, self.unmap_cycles, free)

    def move_heap_end(self, asm: Assembler, cycles: int) -> None:
        """Emit a change of the regions on all replicas."""
        self.clusters.each(asm, lambda cluster: self._change(asm, cluster, cycles, unmap=False))

    def give_back(self, asm: Assembler, cycles: int, free: Emit) -> None:
        """Emit taking pages out of all replicas, whose cores forget the translation."""
        self.clusters.each(asm, lambda cluster: self._change(asm, cluster, cycles, unmap=True))
        free(asm)

    def _change(self, asm: Assembler, own: int, work: int, *, unmap: bool) -> None:
        """Emit a one-phase commit that a core of the cluster `own` begins."""
        with asm.at(OBJECT), asm.registers(2) as (done, last):
            replica = self.replicas[own]
            replica.open_change(asm, unmap=unmap)
            with asm.at(REGIONS):
                asm.emit(isa.SUBMIT, address=self.changes + own, value=work, dst=last)
                asm.compute(work)
                asm.emit(isa.AWAIT_TIME, source=last, cause=isa.C_LOCK_WAIT)
                for cluster in range(len(self.clusters)):
                    if cluster != own:
                        self._tell(asm, cluster, work, (done, last), unmap=unmap)
            if unmap:
                replica.ease_change(asm)
                self.tlb[own].invalidate(asm)
            with asm.at(REGIONS):
                asm.emit(isa.AWAIT_TIME, source=last, cause=isa.C_MESSAGE_WAIT)
                asm.fetch_messages(2)  # the last one there, and its answer
            replica.close_change(asm, unmap=unmap)

    def _tell(
        self, asm: Assembler, cluster: int, work: int, registers: tuple[int, int], *, unmap: bool
    ) -> None:
        """Emit a message to another cluster's monitor; the later of the answers is remembered."""
        done, last = registers
        monitor, *others = self.clusters.members[cluster]
        service = self.cycles.handler + work
        asm.compute(self.cycles.send)
        if unmap:
            service += self.invalidation_cycles
            if others:
                handler = self.tlb[cluster].handler_cycles
                with asm.at(CHARGED_TO):
                    interrupt_running(asm, others, handler, done, 1)
                service += len(others) * self.tlb[cluster].send_cycles + handler
        asm.emit(isa.SUBMIT, address=self.changes + cluster, value=service, dst=done)
        asm.emit(isa.INTERRUPT, value=monitor, target=service)
        earlier = Label()
        asm.branch(done, isa.LESS, 0, earlier, source=last)
        asm.emit(isa.SET, dst=last, source=done)
        asm.place(earlier)


@strategy(AddressSpace, "shared")
def shared(context: KernelContext, space: AddressSpace) -> Regions:
    """one list of regions under mmap_sem, one set of page tables."""
    return under_mmap_sem(context)


@strategy(AddressSpace, "replicated", by_cluster=True)
def replicated(context: KernelContext, space: AddressSpace) -> Regions:
    """a replica of each core, or of each cluster of cores, kept consistent by messages."""
    if context.clusters.are_cores:
        return ReplicatedAddressSpace(context)
    if context.clusters.are_one:
        made: Regions = STRATEGIES[AddressSpace.key, space.replica](context, space)
        return made
    return ClusterAddressSpace(context)
