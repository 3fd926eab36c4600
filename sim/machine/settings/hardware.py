"""Settings of a machine (group `hardware`)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from sim.machine.settings.grid import grid_links
from sim.machine.settings.link_packets import LinkPackets
from sim.machine.settings.nic import NetworkCard
from sim.machine.settings.streaming import Streaming
from sim.settings import Cycles, GigabytesPerSecond, Settings, Sources

Side = Annotated[int, Field(ge=1, le=4096, strict=True)]
MOST_LINKS = 256 * 255 // 2
"""Links that are listed: those of 256 packages, every two of them joined."""
Speed = Annotated[float, Field(ge=0.01, le=100.0)]


class Topology(Settings):
    """Packages, cores and the links between packages, which are listed or form a mesh or torus."""

    exclusive: ClassVar[tuple[str, ...]] = ("links", "mesh", "torus")

    packages: Annotated[int, Field(ge=1, le=4096, strict=True)] = Field(
        description="packages (each one NUMA node)"
    )
    cores_per_package: Annotated[int, Field(ge=1, le=4096, strict=True)] = Field(
        description="cores in each package"
    )
    links: Annotated[list[tuple[int, int]], Field(max_length=MOST_LINKS)] | None = Field(
        default=None,
        description="undirected links between packages, as pairs of package numbers; one of "
        "links, mesh and torus is given, and an override of one takes the place of the others",
    )
    mesh: tuple[Side, Side] | None = Field(
        default=None,
        description="[rows, columns] of packages, numbered row by row and linked to their "
        "neighbours in both directions",
    )
    torus: tuple[Side, Side] | None = Field(
        default=None, description="[rows, columns] of a mesh whose rows and columns are rings"
    )
    dies_per_package: Annotated[int, Field(ge=1, le=64, strict=True)] = Field(
        default=1, description="dies in each package; the cores of a die share its largest cache"
    )
    package_speeds: list[Speed] = Field(
        default_factory=list,
        description="speed of each package's cores at work, in cycles of the core clock per cycle "
        "(0.5: work takes twice as long); empty: 1 everywhere",
    )
    threads_per_core: Annotated[int, Field(ge=1, le=2, strict=True)] = Field(
        default=1,
        description="hardware threads of each core; where there are two, `cores` counts threads, "
        "and second ones become active after all cores",
    )
    thread_speed: Speed | None = Field(
        default=None,
        description="speed at work of each of a core's two hardware threads while both work, in "
        "relation to one that has the core alone (0.5: two do no more than one)",
    )
    speed_beside_spinner: Speed | None = Field(
        default=None,
        description="speed at work of a hardware thread while the other one of its core spins, in "
        "relation to one that has the core alone (1: pauses leave it the whole core)",
    )
    core_speeds: list[Speed] = Field(
        default_factory=list,
        description="the same of each core within its package, by which package_speeds is "
        "multiplied; empty: 1 everywhere",
    )

    @model_validator(mode="after")
    def _has_one_shape(self) -> Topology:
        given = [name for name in self.exclusive if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                "one of links, mesh and torus is needed, "
                + (
                    f"and not {' and '.join(given)}: let the others be null"
                    if given
                    else "not none"
                )
            )
        for name, grid in (("mesh", self.mesh), ("torus", self.torus)):
            if grid is not None and grid[0] * grid[1] != self.packages:
                raise ValueError(
                    f"{name}: {grid[0]} x {grid[1]} = {grid[0] * grid[1]} packages, but "
                    f"topology.packages is {self.packages}; set it to {grid[0] * grid[1]}, too"
                )
        return self

    @model_validator(mode="after")
    def _links_join_packages(self) -> Topology:
        if self.links is None:
            return self
        for a, b in self.links:
            if not (0 <= a < self.packages and 0 <= b < self.packages) or a == b:
                raise ValueError(
                    f"links: [{a}, {b}] does not join two of the packages 0..{self.packages - 1}"
                )
        joined: list[set[int]] = [set() for _ in range(self.packages)]
        for a, b in self.links:
            joined[a].add(b)
            joined[b].add(a)
        reached, frontier = {0}, [0]
        while frontier:
            new = joined[frontier.pop()] - reached
            frontier += new
            reached |= new
        missing = sorted(set(range(self.packages)) - reached)
        if missing:
            raise ValueError(f"links: no route from package 0 to package {missing[0]}")
        return self

    @model_validator(mode="after")
    def _parts_divide_packages(self) -> Topology:
        if self.cores_per_package % self.dies_per_package:
            raise ValueError(
                f"dies_per_package: {self.cores_per_package} cores do not divide into "
                f"{self.dies_per_package} dies"
            )
        for key, when in (
            ("thread_speed", "while both work, such as 0.6"),
            ("speed_beside_spinner", "while the other one spins, such as 1"),
        ):
            if self.threads_per_core > 1 and getattr(self, key) is None:
                raise ValueError(
                    f"{key}: missing, with {self.threads_per_core} threads_per_core; give the "
                    f"share of a core's speed that one has {when}"
                )
        for name, speeds, parts, what in (
            ("package_speeds", self.package_speeds, self.packages, "packages"),
            ("core_speeds", self.core_speeds, self.cores_per_package, "cores of a package"),
        ):
            if speeds and len(speeds) != parts:
                raise ValueError(f"{name}: {len(speeds)} speeds for the {parts} {what}")
        return self

    @property
    def package_links(self) -> list[tuple[int, int]]:
        """Undirected links between packages, listed or of the shape."""
        if self.links is not None:
            return self.links
        grid = self.mesh or self.torus
        return [] if grid is None else grid_links(grid, wraps=self.mesh is None)

    @property
    def cores(self) -> int:
        """Cores of the whole machine, however many hardware threads each has."""
        return self.packages * self.cores_per_package

    def spanned(self, cores: int, order: str) -> int:
        """Packages with active cores, of which there are so many."""
        cores = min(cores, self.cores)
        if order == "round_robin":
            return min(cores, self.packages)
        return -(-cores // self.cores_per_package)

    @property
    def cores_per_die(self) -> int:
        """Cores that share a die."""
        return self.cores_per_package // self.dies_per_package

    @property
    def dies(self) -> int:
        """Dies of the whole machine."""
        return self.packages * self.dies_per_package


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


class CostByDistance(Settings):
    """Cost of moving a cache line between cores, by distance.

    A transfer costs `local_transfer_cycles` within a package and `base_transfer_cycles +
    hop_cycles * hops` across. While it lasts it occupies the line for `local_occupancy_cycles`,
    or `base_occupancy_cycles + hop_occupancy_cycles * hops`: transfers of one line serialise.
    Where a package has several dies, `local` is within a die, and `die_transfer_cycles` and
    `die_occupancy_cycles` are between two dies of a package.
    """

    protocol: str
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
    die_transfer_cycles: Cycles | None = Field(
        default=None,
        description="line transfer between dies of one package; null: as across packages at a hop",
    )
    die_occupancy_cycles: Cycles | None = Field(
        default=None,
        description="cycles a line stays busy after a transfer between dies of one package; null: "
        "as across packages at a hop",
    )
    thread_transfer_cycles: Cycles | None = Field(
        default=None,
        description="line transfer between the two hardware threads of a core, which share its "
        "caches, and how long that keeps the line; null: as between cores",
    )
    combined_read_cycles: Cycles | None = Field(
        default=None,
        description="where the cores of a package (die) that read one line share a fetch: cycles "
        "between two such reads; null: each core fetches the line by itself",
    )
    atomic_occupancy_cycles: Cycles | None = Field(
        default=None,
        description="cycles a line stays busy with a locked instruction that is executed where the "
        "line is (far atomics); null: the line moves, as for a store",
    )
    atomic_transfer_cycles: Cycles = Field(
        default=0, description="until the answer of such an instruction is there, in cycles"
    )
    local_preference: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        default=0.0,
        description="how often a line for which several cores wait goes to a core of the package "
        "(die) that it is in, over what an order drawn at random gives",
    )
    stores_wait_for_reads: bool = Field(
        default=False,
        description="whether a store is seen only when the reads that queued before it are over, "
        "as where a directory serves requests in order; locked instructions always wait",
    )
    accesses_take_effect: Literal["issue", "arrival"] = Field(
        default="issue",
        description="when an access reads or writes its word: issue = when it starts, arrival = "
        "when the core has the line; sends of messages always at issue",
    )


class DirectoryCoherence(CostByDistance):
    """Cost of moving a cache line between cores, by distance, where a directory knows the owner."""

    protocol: Literal["directory"] = Field(
        description="who answers a miss: directory = the home's probe filter"
    )


class IslandsCoherence(CostByDistance):
    """Cost of moving a cache line where caches are coherent within a package only: an island.

    Within a package a line moves as with a directory. What crosses between packages is a line of a
    message: its sender writes it into a buffer of the receiver, which takes the sender a local
    transfer, and the line one transfer across. A program whose cores share any other line across
    packages is refused.
    """

    protocol: Literal["islands"] = Field(
        description="who answers a miss: islands = a directory in each package, nobody across them"
    )


class BroadcastCoherence(Settings):
    """Cost of moving a cache line where every miss is broadcast to all caches.

    The owner's answer to a reader takes `local_transfer_cycles` within a die and
    `base_transfer_cycles + hop_cycles * hops` across. A writer waits until *all* caches have
    answered, however near the only other copy is: `ownership_cycles`. The line's home node serves
    one request after another and keeps the line locked until the broadcast is over, for readers
    and writers alike. Caches behind a shared one (`local_ownership_cycles`) need no broadcast.
    """

    protocol: Literal["broadcast"] = Field(
        description="who answers a miss: broadcast = probes to all caches"
    )
    locked_instruction_cycles: Cycles = Field(
        description="extra cost of a locked read-modify-write, in cycles"
    )
    local_transfer_cycles: Cycles = Field(description="line transfer within a die, in cycles")
    base_transfer_cycles: Cycles = Field(
        description="line transfer across dies, the part without hops, in cycles"
    )
    hop_cycles: Cycles = Field(description="line transfer across dies, per hop, in cycles")
    ownership_cycles: Cycles = Field(
        description="invalidation of all copies, a round trip to the farthest cache, in cycles"
    )
    local_ownership_cycles: Cycles = Field(
        description="the same where all copies are on the writer's own die, in cycles"
    )
    completion_cycles: Cycles = Field(
        description="cycles a line stays locked at its home beyond the broadcast's round trip"
    )
    home_occupancy_cycles: Cycles = Field(
        description="service of one request by the line's home node, in cycles"
    )


Coherence = Annotated[
    DirectoryCoherence | BroadcastCoherence | IslandsCoherence, Field(discriminator="protocol")
]


class Memory(Settings):
    """DRAM of the NUMA nodes: what each costs and delivers, and which of them programs use."""

    latency_cycles: Cycles = Field(description="load latency of the local node, in cycles")
    hop_cycles: Cycles = Field(description="extra load latency per hop, in cycles")
    page_zero_cycles: Cycles = Field(
        description="service time of the node's memory controller to zero and fill one 4 KiB page"
    )
    bandwidth_gb_s: GigabytesPerSecond = Field(
        description="bytes that the node's memory controller streams, in 10^9 bytes per second"
    )
    together_gb_s: GigabytesPerSecond | None = Field(
        default=None,
        description="bytes that a controller streams on average where those of all nodes do, in "
        "10^9 bytes per second; null: as many as alone",
    )
    outstanding_misses: Annotated[int, Field(ge=1, le=1000, strict=True)] = Field(
        description="misses that one core has under way at a time"
    )
    core_read_gb_s: GigabytesPerSecond | None = Field(
        default=None,
        description="bytes that one core can read in a stream, in 10^9 bytes per second; null: as "
        "many as its misses under way allow",
    )
    core_write_gb_s: GigabytesPerSecond | None = Field(
        default=None,
        description="bytes that one core can write in a stream, in 10^9 bytes per second; null: as "
        "many as its misses under way allow",
    )
    policy: Literal["first_touch", "interleave", "node"] = Field(
        default="first_touch",
        description="where memory that a program touches first lies: first_touch = on the node of "
        "the core that touches it; interleave = page by page on all nodes in turn; node = on "
        "memory.node",
    )
    node: Annotated[int, Field(ge=0, le=262_143, strict=True)] = Field(
        default=0, description="policy=node: the one node whose memory is used"
    )


class Scheduling(Settings):
    """Costs of switching and waking a core."""

    context_switch_cycles: Cycles = Field(description="switch from one thread to another")
    wake_cycles: Cycles = Field(description="from a wake-up call until the woken thread is ready")
    protection_switch_cycles: Cycles = Field(
        description="system call, change of address space and return to user mode in it"
    )


class Messaging(Settings):
    """Instructions and overlap of sending cache lines between cores (URPC)."""

    send_cycles: Cycles = Field(description="instructions to fill and send one line")
    receive_cycles: Cycles = Field(description="instructions to read one line and demultiplex it")
    overlapped_sends: Annotated[int, Field(ge=1, le=1024, strict=True)] = Field(
        description="sends to different cores in a row whose lines are prefetched, so that they "
        "overlap; later ones wait for their lines, see sends_under_way"
    )
    sends_under_way: Annotated[int, Field(ge=1, le=4, strict=True)] = Field(
        default=1,
        description="stores that a core's store buffer has under way at a time, where sends in a "
        "row are no longer prefetched; 1: each waits for its line",
    )
    overlap_gap_cycles: Cycles = Field(description="from one overlapped send to the next")
    overlapped_polls: Annotated[int, Field(ge=1, le=64, strict=True)] = Field(
        description="polls of different channels whose misses overlap"
    )


class Interrupts(Settings):
    """Inter-processor interrupts and what they are sent for."""

    hop_cycles: Cycles = Field(description="way of an interrupt over one link")
    trap_cycles: Cycles = Field(description="taking an interrupt and returning from it")
    tlb_invalidation_cycles: Cycles = Field(description="invalidation of one TLB entry")
    broadcast_invalidation_cycles: Cycles | None = Field(
        default=None,
        description="an instruction that has all cores forget a translation, until all have "
        "answered; null: the machine has none, and kernels send interrupts",
    )
    broadcast_invalidations_under_way: Annotated[int, Field(ge=1, le=4096, strict=True)] = Field(
        default=1, description="such instructions of all cores that the machine executes at a time"
    )


class Hardware(Settings):
    """One machine."""

    name: str = Field(description="name of the machine")
    clock_ghz: Annotated[float, Field(ge=0.1, le=20.0)] = Field(description="core clock in GHz")
    topology: Topology
    interconnect_scale: Annotated[float, Field(ge=0.001, le=1000.0)] = Field(
        default=1.0,
        description="factor on every cost of crossing between packages: transfers, occupancy, "
        "invalidations, messages, hops to memory and of interrupts; links have 1/factor of their "
        "bandwidth",
    )
    caches: Caches
    coherence: Coherence
    memory: Memory
    scheduling: Scheduling
    messaging: Messaging
    interrupts: Interrupts
    nic: NetworkCard | None = Field(default=None, description="network card, if there is one")
    link_packets: LinkPackets | None = Field(
        default=None, description="packets on a link; null: their words are not counted"
    )
    streaming: Streaming | None = Field(
        default=None, description="bandwidths of sweeps over data; null: not limited"
    )
    sources: Sources

    @model_validator(mode="after")
    def _islands_are_packages(self) -> Hardware:
        if self.coherence.protocol == "islands" and self.topology.dies_per_package > 1:
            raise ValueError(
                f"topology.dies_per_package: {self.topology.dies_per_package} dies, but where "
                "coherence.protocol is islands a package is one die"
            )
        return self

    @model_validator(mode="after")
    def _has_the_node_of_memory(self) -> Hardware:
        if self.memory.node >= self.topology.dies:
            raise ValueError(
                f"memory.node: {self.memory.node} is none of the nodes "
                f"0..{self.topology.dies - 1} of {self.name}"
            )
        return self

    @property
    def cores(self) -> int:
        """Hardware threads of the whole machine: its cores, where each has one."""
        return self.topology.cores * self.topology.threads_per_core
