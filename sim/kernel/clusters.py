"""Clusters: which cores share one instance of the kernel and its objects.

The multikernel gives each core an instance of its own, shared-memory kernels have one for all
cores. Between them lies one instance for the cores of a package, which share a cache: inside a
cluster objects are shared through memory and guarded by locks, between clusters the first core of
each, its monitor's, sends messages. Source: SOSP'09 Figure 4 and section 3.3 (replicas per group of
cores); hierarchical clustering in Hurricane (Unrau and others, 1995), clustered objects in Tornado.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from sim.engine import isa
from sim.engine.isa import R_CORE, R_PACKAGE
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.machine.site import Site

Extent = Literal["machine", "package", "core"]
"""Cores that share one instance of a kernel: all of the machine, those of a package, or each."""


class Clusters:
    """The clusters of a site's active cores, numbered from 0.

    Where the kernel has one instance for the whole machine, what is owned belongs to one core.

    Attributes:
        members: active cores of each cluster, its monitor's first.
        are_packages: whether cores of a package belong together.
    """

    def __init__(self, site: Site, extent: Extent) -> None:
        homes = site.packages if extent == "package" else tuple(range(site.cores))
        self.site, self.are_packages = site, extent == "package"
        self.members = [
            [core for core in range(site.cores) if homes[core] == home]
            for home in sorted(set(homes))
        ]

    def __len__(self) -> int:
        """Number of clusters."""
        return len(self.members)

    @property
    def are_one(self) -> bool:
        """Whether one cluster holds all active cores."""
        return len(self.members) == 1

    @property
    def are_cores(self) -> bool:
        """Whether each cluster is one core, and nothing is shared through memory."""
        return len(self.members) == self.site.cores

    @property
    def monitors(self) -> list[int]:
        """The core of each cluster that other clusters send messages to."""
        return [members[0] for members in self.members]

    def transfer_cycles(self, cluster: int) -> int:
        """Cycles to fetch a line that another core of a cluster wrote; 0 if it has one core."""
        return self.site.mean_transfer(self.members[cluster])

    def each(self, asm: Assembler, emit: Callable[[int], None]) -> None:
        """Emit something for every cluster, which only that cluster's cores run."""
        end = Label()
        for cluster in range(len(self)):
            following, inside = Label(), Label()
            # the register names dies, of which a package may have several
            for die in sorted({self.site.dies[core] for core in self.members[cluster]}):
                asm.branch(R_PACKAGE, isa.EQUAL, die, inside)
            asm.jump(following)
            asm.place(inside)
            emit(cluster)
            asm.jump(end)
            asm.place(following)
        asm.place(end)

    def number(self, asm: Assembler, register: int) -> None:
        """Emit setting a register to the number of the core's own cluster."""
        self.each(asm, lambda cluster: asm.emit(isa.SET, dst=register, value=cluster))


class ClusterLines:
    """Lines that another core of the same cluster wrote last, fetched in bulk.

    Args:
        asm: program that they belong to.
        clusters: of the active cores.
        foreign: share of the lines that a core of any cluster wrote.
    """

    def __init__(self, asm: Assembler, clusters: Clusters, foreign: float = 0.0) -> None:
        self.clusters, self.foreign = clusters, foreign
        self.way = asm.new_servers(clusters.site.cores)  # never busy: a core waits for its own

    def fetch(self, asm: Assembler, lines: int) -> None:
        """Emit fetching so many lines of which some may come from elsewhere."""
        foreign = round(self.foreign * lines)
        asm.emit(isa.BULK, value=foreign)
        self.fetch_near(asm, lines - foreign)

    def fetch_near(self, asm: Assembler, lines: int) -> None:
        """Emit fetching so many lines, one after another; a cluster of one core has them."""
        with asm.registers(1) as (cycles,):

            def emit(cluster: int) -> None:
                each = self.clusters.transfer_cycles(cluster)
                asm.emit(isa.SET, dst=cycles, value=lines * each)

            self.clusters.each(asm, emit)
            asm.emit(isa.REQUEST, address=self.way, index=R_CORE, stride=1, source=cycles)
