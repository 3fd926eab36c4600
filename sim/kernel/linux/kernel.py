"""Linux 2.6.35: system-call paths over kernel objects, each with the sharing its fixes choose.

Stock and PK are this one class; a fix chooses another implementation of one object and acts
through nothing else (OSDI'10 Figure 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.kernel.linux.address_space import PrivateAddressSpace, SharedAddressSpace
from sim.kernel.linux.dentry import Dentries, LockedComparison, LockFreeComparison
from sim.kernel.linux.inode_mutex import InodeMutex
from sim.kernel.linux.locks import KernelLocks
from sim.kernel.linux.lseek import AtomicSeek, LockedSeek
from sim.kernel.linux.mount_table import GlobalMountTable, PerCoreMountTable
from sim.kernel.linux.network.accept import Flows, ListeningSockets
from sim.kernel.linux.network.dma_buffers import DmaBuffers
from sim.kernel.linux.network.dst_entry import DstEntry
from sim.kernel.linux.network.net_device import NetDevice
from sim.kernel.linux.network.protocol_memory import ProtocolMemory
from sim.kernel.linux.network.stack import NetworkStack
from sim.kernel.linux.object_lists import DENTRIES, INODES, ObjectList
from sim.kernel.linux.open_file_list import OpenFileList
from sim.kernel.linux.page_fault import PageFaults
from sim.kernel.linux.reference_count import ReferenceCount
from sim.kernel.linux.superpage import SuperPages
from sim.kernel.population import ALONE, Population
from sim.kernel.roles import AddressSpace, Updated
from sim.machine.memory import DramStream
from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.config.schema.kernel import LinuxKernel
    from sim.machine.site import Site


class Linux:
    """The kernel objects of one simulation, and the system calls on them.

    Args:
        asm: program that the objects' lines belong to.
        kernel: objects' numbers and fixes.
        site: machine and active cores.
        population: how many of each object the workload uses.
    """

    def __init__(
        self, asm: Assembler, kernel: LinuxKernel, site: Site, population: Population = ALONE
    ) -> None:
        objects, fix, locks = kernel.objects, kernel.fix, KernelLocks(kernel, site)
        sloppy = objects.sloppy_counter
        components = objects.dentry.shared_components
        self.mount_table: PerCoreMountTable | GlobalMountTable = (
            PerCoreMountTable(objects.vfsmount_table)
            if fix.vfsmount_table
            else GlobalMountTable(asm, objects.vfsmount_table, locks)
        )
        self.mounts = ReferenceCount(
            asm, "vfsmount", site.cores, 1, sloppy if fix.vfsmount_refcount else None
        )
        self.dentries = Dentries(
            objects.dentry,
            LockFreeComparison(asm, objects.dentry)
            if fix.dentry_lock
            else LockedComparison(asm, objects.dentry, locks),
            ReferenceCount(
                asm,
                "dentry_refcount",
                site.cores,
                components,
                sloppy if fix.dentry_refcount else None,
            ),
        )
        self.open_files = OpenFileList(
            asm, objects.open_file_list, locks, per_core=fix.open_file_list
        )
        self.directory: Updated = InodeMutex(
            asm, "directory", objects.directory, locks, population.directories
        )
        self.file: Updated = InodeMutex(asm, "shared_file", objects.file_append, locks)
        self.page_faults = PageFaults(asm, objects, site, not fix.page_false_sharing)
        self.stream = DramStream(asm, site, self.page_faults.memory)
        self.super_pages = SuperPages(asm, kernel, site, self.stream)
        self.fork_lines = objects.processes.fork_lines
        self.seek: LockedSeek | AtomicSeek = (
            AtomicSeek(objects.lseek)
            if fix.inode_mutex_lseek
            else LockedSeek(asm, objects.lseek, locks, population.seek_files)
        )
        self.address_space: AddressSpace = (
            SharedAddressSpace(asm, kernel, site)
            if population.shared_address_space
            else PrivateAddressSpace(objects)
        )
        self.inodes = ObjectList(asm, INODES, objects.inode_lists, locks, avoided=fix.inode_lists)
        self.dcache = ObjectList(
            asm, DENTRIES, objects.dcache_lists, locks, avoided=fix.dcache_lists
        )
        self.network = network_stack(asm, kernel, site, population)

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
        self.seek.seek_end(asm, file)

    def fork_and_exit(self, asm: Assembler) -> None:
        """Create a process and end it, as far as it touches lines of other cores."""
        with asm.at("process"):
            asm.emit(isa.BULK, value=self.fork_lines)

    def touch_pages(self, asm: Assembler, pages: int, remote: float) -> None:
        """Touch fresh pages of the process's address space."""
        self.address_space.fault(asm, self.page_faults, pages, remote)

    def map_memory(self, asm: Assembler) -> None:
        """mmap: add a region to the address space; its pages fault when they are touched."""
        self.address_space.map(asm)

    def unmap_memory(self, asm: Assembler) -> None:
        """munmap: remove a region from the address space, and from the TLBs of all its cores."""
        self.address_space.unmap(asm)

    def touch_super_page(self, asm: Assembler) -> None:
        """Touch a fresh super-page of the address space that the threads share."""
        self.address_space.enter_fault(asm)
        self.super_pages.fault(asm)
        self.address_space.leave_fault(asm)
        self.super_pages.refill(asm)

    def receive_packets(self, asm: Assembler, packets: int) -> None:
        """Take packets from the core's receive queue to their sockets."""
        self.network.receive_packets(asm, packets)

    def transmit_packets(self, asm: Assembler, packets: int) -> None:
        """Put packets into the core's transmit queue."""
        self.network.transmit_packets(asm, packets)

    def accept_connection(self, asm: Assembler, packets: int) -> None:
        """Accept a connection of so many packets, and make its socket."""
        self.network.open_connection(asm, packets)
        self.inodes.edit(asm)
        self.dcache.edit(asm)

    def close_socket(self, asm: Assembler) -> None:
        """End a socket."""
        self.dcache.edit(asm)
        self.inodes.edit(asm)


def network_stack(
    asm: Assembler, kernel: LinuxKernel, site: Site, population: Population
) -> NetworkStack:
    """The network stack of a kernel, with the sharing that its fixes choose."""
    settings, fix = kernel.objects.network, kernel.fix
    sloppy, cores, locks = kernel.objects.sloppy_counter, site.cores, KernelLocks(kernel, site)
    own_socket, parallel = population.listens_per_core, fix.parallel_accept
    return NetworkStack(
        settings=settings,
        buffers=DmaBuffers(asm, settings.dma_buffers, locks, local=fix.dma_buffers),
        device=NetDevice(asm, settings.net_device, not fix.net_device_false_sharing),
        route=DstEntry(asm, cores, sloppy if fix.dst_entry_refcount else None),
        memory=ProtocolMemory(
            asm, settings.protocol_memory, cores, sloppy if fix.protocol_memory else None
        ),
        sockets=ListeningSockets(asm, settings.accept, locks, per_core=own_socket or parallel),
        flows=Flows(settings.connection, cores, parallel and not own_socket),
    )
