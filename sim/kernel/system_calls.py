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
from sim.kernel.objects.address_space import AddressSpace, PrivateAddressSpace, leave
from sim.kernel.objects.capabilities import Capabilities
from sim.kernel.objects.dentry import Dentries
from sim.kernel.objects.file_size import FileSize
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
from sim.kernel.objects.reference_count import ReferenceCount
from sim.kernel.objects.route import Route
from sim.kernel.objects.signal_handlers import Signals
from sim.kernel.objects.super_page import SuperPages
from sim.kernel.objects.tlb import Shootdown
from sim.kernel.population import ALONE, Population
from sim.kernel.table import BY_CLUSTER, KernelObject

if TYPE_CHECKING:
    from sim.kernel.objects.address_space import Regions
    from sim.kernel.objects.capabilities import Retype
    from sim.kernel.objects.file_size import AtomicSize, LockedSize
    from sim.kernel.objects.foreign_lines import Fetched
    from sim.kernel.objects.listening_socket import ListeningSockets
    from sim.kernel.objects.mount_table import GlobalMountTable, PerCoreMountTable
    from sim.kernel.objects.net_device import Device
    from sim.kernel.objects.object_lists import ObjectList
    from sim.kernel.objects.open_file_list import LockedList
    from sim.kernel.objects.owned import Updated
    from sim.kernel.objects.packet_buffers import FreeLists
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
    def route(self) -> ReferenceCount:
        """References to the one entry of the routing table."""
        counting = self.context.settings(Route).references
        return self._of_each(lambda context: ReferenceCount(context, "dst_entry", counting))

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
    def signals(self) -> Signals:
        """Signal handlers of the processes."""
        return self._of_each(Signals)

    @cached_property
    def _lines(self) -> KernelContext:
        """What fetches lines of the kernel's memory."""
        return self._of_each(lambda context: context)

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

    def free_page(self, asm: Assembler) -> None:
        """What a page of a large region costs, beyond its core, when all of it is unmapped."""
        self.page_faults.free(asm)

    def raise_signal(self, asm: Assembler) -> None:
        """Send the own thread a signal, and handle it."""
        self.signals.raise_and_handle(asm)

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
            self.route.get(asm, isa.NONE)
            self.route.put(asm, isa.NONE)
            self.device.transmit(asm)
            with asm.at("network"):
                self.packet_lines(asm)

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
