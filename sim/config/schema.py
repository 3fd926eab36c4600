"""The one schema: every setting of a run, typed, bounded, with its unit and meaning.

YAML becomes these frozen objects once, at the edge (`sim.config.compose`); nothing inside the
simulator sees a dictionary of settings. Units stand in the names (`_cycles`, `_us`, `_kib`,
`_gb_s`). Unknown keys are fatal; integers refuse floats such as `1e9`; every number has a lower
and an upper bound.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Cycles = Annotated[int, Field(ge=0, le=1_000_000_000_000, strict=True)]
PositiveCycles = Annotated[int, Field(ge=1, le=1_000_000_000_000, strict=True)]
Count = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
PositiveCount = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Microseconds = Annotated[float, Field(ge=0.0, le=1e9)]
SourceKind = Literal["measured", "derived", "calibrated", "assumed", "override"]


class Settings(BaseModel):
    """Base of every settings object: frozen, and unknown keys are errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=()
    )


class Source(Settings):
    """Where a number comes from."""

    kind: SourceKind = Field(
        description="measured, derived (with the arithmetic), calibrated or assumed"
    )
    where: str = Field(min_length=3, description="paper and section, arithmetic, or the reason")
    fitted_on: str = Field(
        default="", description="the points that a calibrated value was fitted on"
    )

    @model_validator(mode="after")
    def _calibrated_names_its_points(self) -> Source:
        if self.kind == "calibrated" and not self.fitted_on:
            raise ValueError("a calibrated source must say fitted_on")
        return self


Sources = Annotated[
    dict[str, Source],
    Field(default_factory=dict, description="source of each leaf or subtree of this file"),
]


# --- hardware ------------------------------------------------------------------------------


class Topology(Settings):
    """Packages, cores and the links between packages."""

    packages: Annotated[int, Field(ge=1, le=4096, strict=True)] = Field(
        description="packages (each one NUMA node)"
    )
    cores_per_package: Annotated[int, Field(ge=1, le=4096, strict=True)] = Field(
        description="cores in each package"
    )
    links: list[tuple[int, int]] = Field(
        description="undirected links between packages, as pairs of package numbers"
    )

    @model_validator(mode="after")
    def _links_join_packages(self) -> Topology:
        for a, b in self.links:
            if not (0 <= a < self.packages and 0 <= b < self.packages) or a == b:
                raise ValueError(
                    f"links: [{a}, {b}] does not join two of the packages 0..{self.packages - 1}"
                )
        reached, frontier = {0}, [0]
        while frontier:
            package = frontier.pop()
            joined = {b if a == package else a for a, b in self.links if package in (a, b)}
            frontier += joined - reached
            reached |= joined
        missing = sorted(set(range(self.packages)) - reached)
        if missing:
            raise ValueError(f"links: no route from package 0 to package {missing[0]}")
        return self


class Cache(Settings):
    """One cache level."""

    capacity_kib: Annotated[int, Field(ge=1, le=4_194_304, strict=True)] = Field(
        description="usable capacity in KiB"
    )
    latency_cycles: Cycles = Field(description="load-to-use latency of a hit, in cycles")


class Caches(Settings):
    """Cache hierarchy of one core (l1, l2) and of one package (l3)."""

    l1: Cache = Field(description="private first-level data cache")
    l2: Cache = Field(description="private second-level cache")
    l3: Cache = Field(description="third-level cache shared by a package")


class Coherence(Settings):
    """Cost of moving a cache line between cores, by distance.

    A transfer costs `local_transfer_cycles` within a package and `base_transfer_cycles +
    hop_cycles * hops` across. While it lasts it occupies the line for `local_occupancy_cycles`,
    or `base_occupancy_cycles + hop_occupancy_cycles * hops`: transfers of one line serialise.
    """

    protocol: Literal["directory"] = Field(
        description="who answers a miss: directory = the home's probe filter"
    )
    locked_instruction_cycles: Cycles = Field(
        description="extra cost of a locked read-modify-write, in cycles"
    )
    local_transfer_cycles: Cycles = Field(description="line transfer within a package, in cycles")
    base_transfer_cycles: Cycles = Field(
        description="line transfer across packages, the part without hops, in cycles"
    )
    hop_cycles: Cycles = Field(description="line transfer across packages, per hop, in cycles")
    local_occupancy_cycles: Cycles = Field(
        description="cycles a line stays busy after a transfer within a package"
    )
    base_occupancy_cycles: Cycles = Field(
        description="cycles a line stays busy after a transfer across packages, without hops"
    )
    hop_occupancy_cycles: Cycles = Field(
        description="cycles a line stays busy after a transfer across packages, per hop"
    )


class Memory(Settings):
    """DRAM of one NUMA node."""

    latency_cycles: Cycles = Field(description="load latency of the local node, in cycles")
    hop_cycles: Cycles = Field(description="extra load latency per hop, in cycles")
    page_zero_cycles: Cycles = Field(
        description="service time of the node's memory controller to zero and fill one 4 KiB page"
    )


class Scheduling(Settings):
    """Costs of switching and waking a core."""

    context_switch_cycles: Cycles = Field(description="switch from one thread to another")
    wake_cycles: Cycles = Field(description="from a wake-up call until the woken thread is ready")


class Hardware(Settings):
    """One machine."""

    name: str = Field(description="name of the machine")
    clock_ghz: Annotated[float, Field(ge=0.1, le=20.0)] = Field(description="core clock in GHz")
    topology: Topology
    caches: Caches
    coherence: Coherence
    memory: Memory
    scheduling: Scheduling
    sources: Sources

    @property
    def cores(self) -> int:
        """Cores of the whole machine."""
        return self.topology.packages * self.topology.cores_per_package


# --- kernel --------------------------------------------------------------------------------


class Fixes(Settings):
    """The kernel changes of OSDI'10 Figure 1 that Exim profits from, each a switch.

    The keys are the ids of `reference/linux_osdi10/fig01_fixes.csv`; the other ten concern objects
    that no workload here touches yet.
    """

    dentry_refcount: bool = Field(description="dentry reference counts become sloppy counters")
    vfsmount_refcount: bool = Field(description="vfsmount reference counts become sloppy counters")
    dentry_lock: bool = Field(
        description="dentries are compared without their spin lock (generation counter)"
    )
    vfsmount_table: bool = Field(description="each core caches the mount point table")
    open_file_list: bool = Field(description="each core has its own list of open files")
    page_false_sharing: bool = Field(
        description="read-mostly fields of struct page get a cache line of their own"
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


class KernelObjects(Settings):
    """Numbers of the kernel objects that the system-call paths touch."""

    vfsmount_table: MountTable
    dentry: Dentry
    directory: Directory
    file_append: FileAppend
    open_file_list: Hold
    processes: Processes
    mutex: Mutex
    page_fault: PageFault
    address_space: AddressSpace
    page_struct: PageStruct
    sloppy_counter: SloppyCounter


class Kernel(Settings):
    """A kernel design: what each kernel object shares, and how."""

    name: str = Field(description="name of the kernel")
    kind: Literal["linux"] = Field(description="family of system-call paths")
    fix: Fixes
    objects: KernelObjects
    sources: Sources


# --- workloads -----------------------------------------------------------------------------


class EximWorkload(Settings):
    """Exim mail server (OSDI'10 sections 3.1 and 5.2): one operation is one message."""

    # parts of the kernel's settings that it depends on; None: all of them
    kernel_parts: ClassVar[tuple[str, ...] | None] = None

    name: str = Field(description="name of the workload")
    kind: Literal["exim"]
    unit: str = Field(description="what one operation is")
    order: Literal["package", "round_robin"] = Field(description="default order of enabling cores")
    processes_per_core: Annotated[int, Field(ge=1, le=64, strict=True)] = Field(
        description="connection processes that each core runs"
    )
    connection_messages: PositiveCount = Field(description="messages per SMTP connection")
    user_us: Microseconds = Field(description="user time per message at one core, in microseconds")
    other_system_us: Microseconds = Field(
        description="system time per message at one core beside the modelled kernel objects"
    )
    page_faults: Count = Field(description="4 KiB page faults per message")
    forks: Count = Field(description="forks (and exits) per message")
    path_lookups: Count = Field(description="path names resolved per message")
    opens: Count = Field(description="files opened per message")
    directory_updates: Count = Field(
        description="entries created, renamed or unlinked in a spool directory per message"
    )
    spool_directories: PositiveCount = Field(description="spool directories, chosen by hash")
    log_appends: Count = Field(description="records appended to the shared log file per message")
    user_lines: Count = Field(
        description="lines of user memory last written by another core, per message"
    )
    remote_memory: Fraction = Field(
        description="share of page faults that any node may serve, to 1/1000; the others stay local"
    )
    sources: Sources


class LineSharingWorkload(Settings):
    """All cores touch the same cache lines at once (micro/line_sharing)."""

    kernel_parts: ClassVar[tuple[str, ...] | None] = ()

    name: str = Field(description="name of the workload")
    kind: Literal["line_sharing"]
    unit: str = Field(description="what one operation is")
    order: Literal["package", "round_robin"] = Field(description="default order of enabling cores")
    mode: Literal["write", "read", "read_after_write"] = Field(
        description="write: every core writes; read: every core reads; "
        "read_after_write: one core writes, then the others read at once"
    )
    lines: Annotated[int, Field(ge=1, le=1024, strict=True)] = Field(
        description="cache lines touched by one operation"
    )
    period_cycles: Cycles = Field(
        description="all cores act together once per period; 0 = back to back"
    )
    sources: Sources


class PageFaultWorkload(Settings):
    """Every core touches fresh pages one after another (micro/page_fault)."""

    # parts of the kernel's settings that it depends on
    kernel_parts: ClassVar[tuple[str, ...] | None] = (
        "fix.page_false_sharing",
        "objects.page_fault",
        "objects.page_struct",
        "objects.address_space",
    )

    name: str = Field(description="name of the workload")
    kind: Literal["page_fault"]
    unit: str = Field(description="what one operation is")
    order: Literal["package", "round_robin"] = Field(description="default order of enabling cores")
    address_space: Literal["private", "shared"] = Field(
        description="private: a process per core; shared: threads of one process"
    )
    sources: Sources


class LockWorkload(Settings):
    """Every core acquires one lock in a loop (micro/lock)."""

    kernel_parts: ClassVar[tuple[str, ...] | None] = ("objects.mutex",)

    name: str = Field(description="name of the workload")
    kind: Literal["lock"]
    unit: str = Field(description="what one operation is")
    order: Literal["package", "round_robin"] = Field(description="default order of enabling cores")
    lock: Literal["tas", "ttas", "ticket", "mcs", "clh", "adaptive_mutex", "rw"] = Field(
        description="kind of lock; rw is acquired for reading"
    )
    hold_cycles: Cycles = Field(description="length of the critical section")
    think_cycles: Cycles = Field(description="private work between two acquisitions")
    backoff_cycles: Cycles = Field(
        description="mean of the random back-off of tas and ttas after a failure; 0 = none"
    )
    sources: Sources


class CounterWorkload(Settings):
    """Every core updates one counter in a loop (micro/counter)."""

    kernel_parts: ClassVar[tuple[str, ...] | None] = ()

    name: str = Field(description="name of the workload")
    kind: Literal["counter"]
    unit: str = Field(description="what one operation is")
    order: Literal["package", "round_robin"] = Field(description="default order of enabling cores")
    counter: Literal["shared", "sloppy", "per_core"] = Field(description="kind of counter")
    read_fraction: Fraction = Field(
        description="share of operations that read the exact value, not update it, to 1/1000"
    )
    threshold: Count = Field(description="spare references a core of a sloppy counter keeps")
    references: Annotated[int, Field(ge=1, le=1000, strict=True)] = Field(
        description="references that a core takes one after another before it drops them"
    )
    think_cycles: Cycles = Field(description="private work between two operations")
    sources: Sources


Workload = Annotated[
    EximWorkload | LineSharingWorkload | PageFaultWorkload | LockWorkload | CounterWorkload,
    Field(discriminator="kind"),
]


# --- a run ---------------------------------------------------------------------------------


class RunLevel(Settings):
    """How long and how often to simulate (group `run`)."""

    name: str = Field(description="name of the run level")
    warmup_operations: PositiveCount = Field(
        description="operations per core dropped before the window opens"
    )
    operations: PositiveCount = Field(description="operations per core inside the window")
    minimum_operations: PositiveCount = Field(
        description="operations of all cores together inside the window, at least"
    )
    replications: Annotated[int, Field(ge=1, le=1000, strict=True)] = Field(
        description="independent replications of every point"
    )
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)] = Field(
        description="root of the seed tree"
    )
    maximum_cycles: PositiveCycles = Field(
        description="simulated cycles after which a run is given up with an error"
    )
    sources: Sources


class RunConfig(Settings):
    """One curve: a workload on a kernel on a machine, at some core counts."""

    hardware: Hardware
    kernel: Kernel
    workload: Workload
    run: RunLevel
    cores: (
        Annotated[list[Annotated[int, Field(ge=1, le=4096, strict=True)]], Field(min_length=1)]
        | None
    ) = Field(default=None, description="active cores of each point; default: 1 and all cores")
    order: Literal["package", "round_robin"] | None = Field(
        default=None, description="order of enabling cores; default: the workload's own"
    )

    @model_validator(mode="after")
    def _cores_exist(self) -> RunConfig:
        for cores in self.cores or []:
            if cores > self.hardware.cores:
                raise ValueError(
                    f"cores: {cores} is more than the {self.hardware.cores} cores of "
                    f"{self.hardware.name}"
                )
        return self

    @property
    def core_counts(self) -> list[int]:
        """Core counts to simulate, ascending and distinct."""
        return sorted(set(self.cores or [1, self.hardware.cores]))

    @property
    def core_order(self) -> str:
        """Order in which cores are enabled."""
        return self.order or self.workload.order
