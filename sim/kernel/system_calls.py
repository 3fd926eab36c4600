"""System calls: what they do with kernel objects, written once for every kernel design.

How cores share an object, and so what a call costs, is the table's (design.py). An object is made
when the first call needs it; a kernel that lacks it refuses the workload.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from sim.engine import isa
from sim.kernel.context import KernelContext
from sim.kernel.kernels import of_each_kernel
from sim.kernel.objects.address_space import (
    AddressSpace,
    MemoryMap,
    PrivateAddressSpace,
    leave,
)
from sim.kernel.objects.capabilities import Capabilities
from sim.kernel.objects.dentry import Dentries
from sim.kernel.objects.file_fault import FileFaults
from sim.kernel.objects.file_inodes import FileInodes, InodeHash
from sim.kernel.objects.file_size import FileSize
from sim.kernel.objects.files import Files
from sim.kernel.objects.inode import Directory, FileAppend
from sim.kernel.objects.listening_socket import Accept
from sim.kernel.objects.mount import Mount
from sim.kernel.objects.mount_table import MountTable
from sim.kernel.objects.net_device import NetDevice
from sim.kernel.objects.object_lists import DentryLists, InodeLists
from sim.kernel.objects.open_file_list import OpenFileList
from sim.kernel.objects.packet import Connection, Packet
from sim.kernel.objects.packet_buffers import DmaBuffers
from sim.kernel.objects.page import PageFaults
from sim.kernel.objects.process import Processes
from sim.kernel.objects.protocol_memory import MemoryCounter
from sim.kernel.objects.qdisc import Qdisc
from sim.kernel.objects.reference_count import ReferenceCount
from sim.kernel.objects.route import Route
from sim.kernel.objects.run_queue import RunQueues, TimeSlices
from sim.kernel.objects.signal_handlers import Signals
from sim.kernel.objects.super_page import SuperPages
from sim.kernel.objects.task_list import TaskList
from sim.kernel.objects.tlb import Shootdown
from sim.kernel.population import ALONE, Population
from sim.kernel.table import BY_CLUSTER, KernelObject

if TYPE_CHECKING:
    from sim.kernel.objects.address_space import Regions
    from sim.kernel.objects.capabilities import Retype
    from sim.kernel.objects.file_inodes import Index
    from sim.kernel.objects.file_size import AtomicSize, LockedSize
    from sim.kernel.objects.foreign_lines import Fetched
    from sim.kernel.objects.listening_socket import ListeningSockets
    from sim.kernel.objects.mount_table import GlobalMountTable, PerCoreMountTable
    from sim.kernel.objects.net_device import Device
    from sim.kernel.objects.object_lists import ObjectList
    from sim.kernel.objects.open_file_list import LockedList
    from sim.kernel.objects.owned import Updated
    from sim.kernel.objects.packet_buffers import FreeLists
    from sim.kernel.objects.qdisc import Discipline
    from sim.kernel.objects.route import RouteEntry
    from sim.kernel.objects.task_list import Tasks
    from sim.kernel.objects.tlb import Unmap
    from sim.kernel.table import KernelTable
    from sim.machine.memory import DramStream, MemoryControllers
    from sim.machine.site import Site
    from sim.program.assembler import Assembler

Made = TypeVar("Made")


class SystemCalls:
    """The kernel objects of one simulation, and the system calls on them.

    Args:
        asm: program that the objects' lines belong to.
        table: how each object is shared.
        site: machine and active cores.
        population: how many of each object the workload uses.

    Raises:
        ValueError: from a call whose object the kernel does not have.
    """

    def __init__(
        self, asm: Assembler, table: KernelTable, site: Site, population: Population = ALONE
    ) -> None:
        self.context = KernelContext(asm, table, site, population)

    def _make(self, of: type[KernelObject]) -> Any:
        """Make an object with the strategy that the table names: one, or one of each kernel."""
        if self._reaches_over_kernels(of):
            return self.context.make(of)
        return self._of_each(lambda context: context.make(of))

    def _of_each(self, make: Callable[[KernelContext], Made]) -> Made:
        """Make an object of the kernel, or one of each."""
        with self.context.asm.for_each_core(self.context.several):  # of a kernel
            return of_each_kernel(self.context, make)

    def _reaches_over_kernels(self, of: type[KernelObject]) -> bool:
        """Whether all kernels of the machine have one such object together."""
        if not self.context.several:
            return True
        return (of.key, getattr(self.context.settings(of), of.choice)) in BY_CLUSTER

    @cached_property
    def mount_table(self) -> GlobalMountTable | PerCoreMountTable:
        """Mount point table."""
        made: GlobalMountTable | PerCoreMountTable = self._make(MountTable)
        return made

    @cached_property
    def open_files(self) -> LockedList:
        """List of the open files of the one file system."""
        made: LockedList = self._make(OpenFileList)
        return made

    @cached_property
    def directory(self) -> Updated:
        """Directories whose entries change."""
        made: Updated = self._make(Directory)
        return made

    @cached_property
    def file(self) -> Updated:
        """The one file that all processes append to."""
        made: Updated = self._make(FileAppend)
        return made

    @cached_property
    def fork_lines(self) -> Fetched:
        """Lines of other cores that creating and ending a process touches."""
        made: Fetched = self._make(Processes)
        return made

    @cached_property
    def file_size(self) -> LockedSize | AtomicSize:
        """Sizes of the files whose ends are sought."""
        made: LockedSize | AtomicSize = self._make(FileSize)
        return made

    @cached_property
    def inode_lists(self) -> ObjectList:
        """The global list of inodes."""
        made: ObjectList = self._make(InodeLists)
        return made

    @cached_property
    def dentry_lists(self) -> ObjectList:
        """The global list of dentries."""
        made: ObjectList = self._make(DentryLists)
        return made

    @cached_property
    def buffers(self) -> FreeLists:
        """Buffers for received packets."""
        made: FreeLists = self._make(DmaBuffers)
        return made

    @cached_property
    def device(self) -> Device:
        """The network device."""
        made: Device = self._of_each(lambda context: context.make(NetDevice))
        return made

    @cached_property
    def packet_lines(self) -> Fetched:
        """Lines of other cores that a packet touches."""
        made: Fetched = self._make(Packet)
        return made

    @cached_property
    def connection_lines(self) -> Fetched:
        """Lines of other cores that a connection touches."""
        made: Fetched = self._make(Connection)
        return made

    @cached_property
    def sockets(self) -> ListeningSockets:
        """Listening sockets."""
        made: ListeningSockets = self._make(Accept)
        return made

    @cached_property
    def mounts(self) -> ReferenceCount:
        """References to the one mount."""
        counting = self.context.settings(Mount).references
        return self._of_each(lambda context: ReferenceCount(context, Mount.key, counting))

    @cached_property
    def route(self) -> RouteEntry:
        """The one entry of the routing table."""
        made: RouteEntry = self._of_each(lambda context: context.make(Route))
        return made

    @cached_property
    def dentries(self) -> Dentries:
        """The dentries that every path shares."""
        return self._of_each(Dentries)

    @cached_property
    def protocol_memory(self) -> MemoryCounter:
        """The counter of the memory that a protocol's packets use."""
        return self._of_each(MemoryCounter)

    @cached_property
    def page_faults(self) -> PageFaults:
        """The page-fault path."""
        return self._of_each(PageFaults)

    @cached_property
    def file_faults(self) -> FileFaults:
        """The path of page faults on mapped files."""
        return FileFaults(self.context, self.page_faults)

    @cached_property
    def super_pages(self) -> SuperPages:
        """The super-page fault path."""
        return self._of_each(SuperPages)

    @cached_property
    def address_space(self) -> Regions:
        """Memory regions: of the one process that all cores run, or of each core's own."""
        if not self.context.population.shared_address_space:
            return PrivateAddressSpace(self.context)
        if not self._reaches_over_kernels(AddressSpace):
            raise ValueError(
                f"kernel.objects.address_space: threads on {len(self.context.clusters)} kernels, "
                "which share no memory regions; allowed: kernel.objects.address_space.sharing="
                "replicated, or kernel.kernels=1"
            )
        made: Regions = self.context.make(AddressSpace)
        return made

    @cached_property
    def files(self) -> Files:
        """Files that are named by their paths."""
        return Files(self.context)

    @cached_property
    def signals(self) -> Signals:
        """Signal handlers of the processes."""
        return self._of_each(Signals)

    @cached_property
    def _lines(self) -> KernelContext:
        """What fetches lines of the kernel's memory."""
        return self._of_each(lambda context: context)

    @cached_property
    def file_inodes(self) -> Index:
        """List of the inodes of the one file system."""
        made: Index = self._of_each(lambda context: context.make(FileInodes))
        return made

    @cached_property
    def inode_hash(self) -> Index:
        """Hash of the inodes in memory."""
        made: Index = self._of_each(lambda context: context.make(InodeHash))
        return made

    @cached_property
    def qdisc(self) -> Discipline:
        """Queueing disciplines of the transmit queues."""
        made: Discipline = self._of_each(lambda context: context.make(Qdisc))
        return made

    @cached_property
    def run_queues(self) -> RunQueues:
        """Run queues of the cores."""
        return self._of_each(RunQueues)

    @cached_property
    def time_slices(self) -> TimeSlices:
        """Turns of the tasks that share a core."""
        return TimeSlices(self.context)

    @cached_property
    def tasks(self) -> Tasks:
        """List of all tasks, and their numbers."""
        made: Tasks = self._of_each(lambda context: context.make(TaskList))
        return made

    @property
    def memory(self) -> MemoryControllers:
        """The machine's memory controllers, which page faults and programs share."""
        return self.context.memory

    @property
    def stream(self) -> DramStream:
        """Streams of lines through those controllers."""
        return self.context.stream

    def unmapping(self) -> Unmap:
        """Unmapping a page that all cores have mapped, step by step."""
        made: Unmap = self.context.make(Shootdown).unmap()
        return made

    def retyping(self) -> Retype:
        """Retyping a capability that all cores know, step by step."""
        made: Retype = self.context.make(Capabilities)
        return made

    def look_up_path(self, asm: Assembler) -> None:
        """Resolve a path name: mount table, dentries, and a reference to the mount."""
        self.mount_table.look_up(asm)
        self.mounts.get(asm, isa.NONE)
        self.dentries.walk(asm)
        self.mounts.put(asm, isa.NONE)

    def open_and_close(self, asm: Assembler) -> None:
        """Add a file to the list of open files, and remove it; its path is resolved apart."""
        self.open_files.edit(asm)
        self.open_files.edit(asm)

    def change_directory_entry(self, asm: Assembler, directory: int) -> None:
        """Create, rename or unlink an entry of the directory whose number is in a register."""
        self.directory.update(asm, directory)

    def append_to_shared_file(self, asm: Assembler) -> None:
        """Append a record to the one file that all processes append to."""
        self.file.update(asm)

    def seek_end(self, asm: Assembler, file: int) -> None:
        """Seek to the end of the file whose number is in a register."""
        self.file_size.seek_end(asm, file)

    def fork_and_exit(self, asm: Assembler) -> None:
        """Create a process and end it, as far as it touches lines of other cores."""
        with asm.at("process"):
            self.fork_lines(asm)

    def fetch_lines(self, asm: Assembler, lines: int) -> None:
        """Fetch lines of kernel memory that other cores wrote last, for calls not described."""
        self._lines.fetch_lines(asm, lines)

    def touch_pages(self, asm: Assembler, pages: int, remote: float) -> None:
        """Touch fresh pages of the process's address space."""
        self.address_space.fault(asm, self.page_faults, pages, remote)

    def map_memory(self, asm: Assembler) -> None:
        """mmap: add a region to the address space; its pages fault when they are touched."""
        self.address_space.map(asm)

    def unmap_memory(self, asm: Assembler, *, page: bool = False) -> None:
        """munmap: remove a region from the address space, and from the TLBs of all its cores.

        Args:
            page: whether a page of it has been touched alone, and is freed.
        """
        self.address_space.unmap(asm, self.page_faults.free_alone if page else leave)

    def move_heap_end(self, asm: Assembler) -> None:
        """brk: grow or shrink the heap by pages that nobody has touched."""
        cycles = self.context.settings(MemoryMap).needed("heap_cycles")
        self.address_space.move_heap_end(asm, cycles)

    def give_back_page(self, asm: Assembler) -> None:
        """madvise(MADV_DONTNEED): free a page, and have all cores forget it; its region stays."""
        cycles = self.context.settings(MemoryMap).needed("give_back_cycles")
        self.address_space.give_back(asm, cycles, self.page_faults.free_alone)

    def read_untouched_page(self, asm: Assembler) -> None:
        """Read a page that nobody has written: the page of zeros is mapped there."""
        self.address_space.enter_fault(asm)
        self.page_faults.map_zeros(asm)
        self.address_space.leave_fault(asm)

    def copy_file_page(self, asm: Assembler) -> None:
        """Write to a page of a private mapping of the own file, whose cache holds it."""
        self.address_space.enter_fault(asm)
        self.file_faults.copy(asm)
        self.address_space.leave_fault(asm)

    def write_file_page(self, asm: Assembler) -> None:
        """Write to a page of a shared mapping of the own file, whose cache holds it."""
        for attempt in range(1 + self.file_faults.retries):
            self.address_space.enter_fault(asm)
            if attempt == 0:
                self.file_faults.map(asm)
            self.address_space.leave_fault(asm)

    def free_page(self, asm: Assembler) -> None:
        """What a page of a large region costs, beyond its core, when all of it is unmapped."""
        self.page_faults.free(asm)

    def stat(self, asm: Assembler) -> None:
        """Ask for the status of a file."""
        self.look_up_path(asm)
        self.files.stat(asm)

    def open_and_close_file(self, asm: Assembler) -> None:
        """Open a file by its path, and close it."""
        self.look_up_path(asm)
        self.files.open_and_close(asm)

    def edit_inodes(self, asm: Assembler, *, hashed: bool) -> None:
        """Put a file's inode among those in memory, or take it out.

        Args:
            hashed: whether its file system finds inodes by the kernel's hash.
        """
        self.file_inodes.edit(asm)
        if hashed:
            self.inode_hash.edit(asm)

    def duplicate_and_close(self, asm: Assembler) -> None:
        """dup: a second descriptor of an open file; and close it."""
        self.files.duplicate_and_close(asm)

    def raise_signal(self, asm: Assembler) -> None:
        """Send the own thread a signal, and handle it."""
        self.signals.raise_and_handle(asm)

    def give_way(self, asm: Assembler) -> None:
        """sched_yield: offer the core to another thread."""
        self.run_queues.give_way(asm)

    def create_and_join_thread(self, asm: Assembler) -> None:
        """Create a thread that ends at once, and wait for its end."""
        self.tasks.create_and_join(asm)

    def touch_super_page(self, asm: Assembler) -> None:
        """Touch a fresh super-page of the address space that the threads share."""
        self.address_space.enter_fault(asm)
        self.super_pages.fault(asm)
        self.address_space.leave_fault(asm)
        self.super_pages.refill(asm)

    def receive_packets(self, asm: Assembler, packets: int) -> None:
        """Take packets from the core's receive queue to their sockets."""
        with asm.repeat(packets):
            self.device.arrive(asm)
            self.buffers.replace(asm)
            self.protocol_memory.receive(asm)
            self.device.deliver(asm)
            with asm.at("network"):
                self.packet_lines(asm)

    def transmit_packets(self, asm: Assembler, packets: int) -> None:
        """Put packets into the core's transmit queue."""
        with asm.repeat(packets):
            self.route.use(asm)
            self.device.transmit(asm)
            with asm.at("network"):
                self.packet_lines(asm)

    def send_to_localhost(self, asm: Assembler, packets: int) -> None:
        """Send packets to the own machine, each of which uses the route's entry."""
        with asm.repeat(packets):
            self.route.use(asm)

    def send_through_queue(self, asm: Assembler, queue: int) -> None:
        """Send a packet through the transmit queue whose number is in a register."""
        self.qdisc.send(asm, queue)

    def accept_connection(self, asm: Assembler, packets: int) -> None:
        """Accept a connection of so many packets, and make its socket."""
        self.sockets.open_connection(asm)
        self.sockets.process_flow(asm, packets)
        with asm.at("network"):
            self.connection_lines(asm)
        self.inode_lists.edit(asm)
        self.dentry_lists.edit(asm)

    def close_socket(self, asm: Assembler) -> None:
        """End a socket."""
        self.dentry_lists.edit(asm)
        self.inode_lists.edit(asm)
