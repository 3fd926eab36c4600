"""Settings of a kernel design (groups `kernel` and `kernel/fix`)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.config.schema.locks import Locks
from sim.config.schema.lseek import Seek
from sim.config.schema.memory_map import MemoryMap
from sim.config.schema.network import Network
from sim.config.schema.packet_path import PacketPath
from sim.config.schema.settings import Count, Cycles, PositiveCycles, Settings, Sources
from sim.config.schema.superpage import SuperPage
from sim.config.schema.threads import Threads


class Fixes(Settings):
    """The kernel changes of OSDI'10 Figure 1, each a switch.

    The keys are the ids of `reference/linux_osdi10/fig01_fixes.csv`, in its order.
    """

    parallel_accept: bool = Field(
        description="each core has its own backlog queue of a listening socket"
    )
    dentry_refcount: bool = Field(description="dentry reference counts become sloppy counters")
    vfsmount_refcount: bool = Field(description="vfsmount reference counts become sloppy counters")
    dst_entry_refcount: bool = Field(
        description="reference counts of routing-table entries become sloppy counters"
    )
    protocol_memory: bool = Field(
        description="counters of the memory that a protocol uses become sloppy counters"
    )
    dentry_lock: bool = Field(
        description="dentries are compared without their spin lock (generation counter)"
    )
    vfsmount_table: bool = Field(description="each core caches the mount point table")
    open_file_list: bool = Field(description="each core has its own list of open files")
    dma_buffers: bool = Field(
        description="packet buffers come from the local node, not from one pool on node 0"
    )
    net_device_false_sharing: bool = Field(
        description="read-mostly fields of net_device and device get lines of their own"
    )
    page_false_sharing: bool = Field(
        description="read-mostly fields of struct page get a cache line of their own"
    )
    inode_lists: bool = Field(
        description="the global lists of inodes are locked only where necessary"
    )
    dcache_lists: bool = Field(
        description="the global lists of dentries are locked only where necessary"
    )
    inode_mutex_lseek: bool = Field(
        description="lseek reads the file's size atomically, without the inode's mutex"
    )
    superpage_locking: bool = Field(
        description="a mutex per super-page mapping instead of one per process"
    )
    superpage_zeroing: bool = Field(
        description="super-pages are zeroed with stores that bypass the caches"
    )


class SloppyCounter(Settings):
    """Sloppy counter (OSDI'10 section 4.3)."""

    threshold: Count = Field(description="spare references a core keeps before it returns them")
    local_cycles: Cycles = Field(description="instructions of one update served by the local count")


class Hold(Settings):
    """A lock's critical section."""

    hold_cycles: Cycles = Field(description="cycles from acquisition to release, uncontended")


class SharedHold(Hold):
    """A critical section that works on data which other cores wrote last."""

    lines: Count = Field(
        description="lines inside the critical section that another core wrote last"
    )


class MountTable(Hold):
    """Mount point table (vfsmount_lock) and its per-core cache."""

    lookups_per_path: Count = Field(description="table lookups of one path lookup")
    cached_lookup_cycles: Cycles = Field(description="lookup in the per-core cache (PK)")


class Dentry(Hold):
    """Directory entries on the way of a path lookup."""

    lock_free_cycles: Cycles = Field(description="comparison with the generation counter (PK)")
    shared_components: Count = Field(
        description="components of a path whose dentries all cores share (/, var, spool ...)"
    )


class Directory(SharedHold):
    """A directory's inode mutex, held to create, link or unlink an entry."""


class FileAppend(SharedHold):
    """A file's inode mutex, held to append to it."""


class Mutex(Settings):
    """Adaptive mutexes: what all of them have in common."""

    spin_cycles: PositiveCycles = Field(
        description="a spinner checks again whether the owner still runs after this time"
    )


class Processes(Settings):
    """Creation and end of processes."""

    fork_lines: Count = Field(
        description="lines last written by another core that a fork and the exit touch "
        "(page tables, task, run queue, page allocator)"
    )


class PageFault(Settings):
    """One 4 KiB page fault in a private address space."""

    cycles: Cycles = Field(description="cost beside the memory controller's service, in cycles")


class AddressSpace(Settings):
    """What the threads of one address space share while they fault (struct mm)."""

    touches: Count = Field(
        description="locked updates of the address space's line in a page fault, those of its "
        "reader-writer lock (mmap_sem) included"
    )


class PageStruct(Settings):
    """struct page: reference count and flags beside read-mostly fields (false sharing)."""

    lines_per_fault: Annotated[float, Field(ge=0, le=1000)] = Field(
        description="lines of struct page refetched per page fault because of false sharing"
    )


class IpiShootdown(Settings):
    """Telling other cores by interrupts to forget a page's translation."""

    ipi_cycles: Cycles = Field(
        description="the sender's cycles for one interrupt, which are sent one after another, "
        "beside the way there and back"
    )
    call_cycles: Cycles = Field(
        description="the system call that takes the page's rights away, without interrupts"
    )


class Messages(Settings):
    """What messages between the kernels of two cores cost beside URPC's own cycles."""

    marshal_cycles: Cycles = Field(description="marshalling of one message, beside the URPC send")
    demultiplex_cycles: Cycles = Field(
        description="finding and running a message's handler, beside the URPC receive"
    )
    overlapped_sends: Annotated[int, Field(ge=1, le=1024, strict=True)] = Field(
        description="sends in a row that overlap; later ones wait each for its line"
    )
    event_loop_cycles: Cycles = Field(
        description="from a message's arrival until an idle receiver's event loop finds it; a "
        "busy one finds it on its next pass"
    )
    notify_cycles: Cycles = Field(
        description="the sender's cycles to interrupt a receiver that runs a program, beside the "
        "message itself"
    )


class Shootdown(IpiShootdown):
    """Telling other cores to forget a page's translation, by interrupts or by messages."""

    by: Literal["ipi", "messages"] = Field(
        description="ipi: interrupts, sent one after another; messages: URPC along the multicast "
        "tree of the machine, as between Barrelfish's monitors"
    )
    messages: Messages


class Capabilities(Hold):
    """A table of capabilities that all cores share, for kernels that have them (section 4.7)."""

    lines: Count = Field(description="lines of the table that one retype writes")


class KernelObjects(Settings):
    """Numbers of the kernel objects that the system-call paths touch."""

    vfsmount_table: MountTable
    dentry: Dentry
    directory: Directory
    file_append: FileAppend
    open_file_list: Hold
    lseek: Seek
    processes: Processes
    mutex: Mutex
    page_fault: PageFault
    address_space: AddressSpace
    memory_map: MemoryMap
    page_struct: PageStruct
    superpage: SuperPage
    sloppy_counter: SloppyCounter
    inode_lists: Hold
    dcache_lists: Hold
    network: Network
    shootdown: Shootdown
    capabilities: Capabilities


class LinuxKernel(Settings):
    """A kernel design: what each kernel object shares, and how."""

    shares_memory: ClassVar[bool] = True

    name: str = Field(description="name of the kernel")
    kind: Literal["linux"] = Field(description="family of system-call paths")
    fix: Fixes
    locks: Locks
    objects: KernelObjects
    packets: PacketPath | None = Field(
        default=None, description="way of a packet between local processes; null: not described"
    )
    threads: Threads | None = Field(
        default=None, description="thread library of parallel programs; null: not described"
    )
    sources: Sources
