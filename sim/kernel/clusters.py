"""Clusters: which cores share one instance of the kernel and its objects.

The multikernel gives each core an instance of its own, shared-memory kernels have one for all
cores. Between them lies one instance for the cores of a package, which share a cache: inside a
cluster objects are shared through memory and guarded by locks, between clusters the first core of
each, its monitor's, sends messages. Source: SOSP'09 Figure 4 and section 3.3 (replicas per group of
cores); hierarchical clustering in Hurricane (Unrau and others, 1995), clustered objects in Tornado.

Several kernels on one machine (kernels.py) are clusters of about as many cores each: package after
package, the active cores are dealt out evenly. A package may then have cores of two kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from sim.engine import isa
from sim.engine.isa import R_CORE, R_PACKAGE
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.machine.site import Site

Extent = Literal["machine", "kernel", "package", "core"]
"""Cores that share one instance: all of the machine, those of each of its several kernels, of each
package, or each alone."""


class Clusters:
    """The clusters of a site's active cores, numbered from 0.

    Where the kernel has one instance for the whole machine, what is owned belongs to one core.

    Args:
        site: machine and active cores.
        extent: cores that share an instance.
        kernels: of the machine, where each is a cluster.

    Attributes:
        members: active cores of each cluster, its monitor's first.
        are_packages: whether cores of a package belong together.
        are_kernels: whether they are kernels of one machine.
    """

    def __init__(self, site: Site, extent: Extent, kernels: int = 1) -> None:
        self.site, self.are_kernels = site, extent == "kernel"
        self.are_packages = extent == "package"
        homes: Sequence[int] = site.packages if self.are_packages else range(site.cores)
        if self.are_kernels:
            homes = dealt(site, min(kernels, site.cores))
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
        if not self.are_kernels:
            return self.site.mean_transfer(self.members[cluster])
        dies = [self.site.dies[core] for core in self.members[cluster]]
        from sim.machine.coherence import expected_over_others  # compiles: not for a table alone

        return int(expected_over_others(self.site.distance.transfer, dies)[dies].mean().round())

    def each(self, asm: Assembler, emit: Callable[[int], None]) -> None:
        """Emit something for every cluster, which only that cluster's cores run."""
        end = Label()
        for cluster in range(len(self)):
            following, inside = Label(), Label()
            self._branch_of(asm, cluster, inside)
            asm.jump(following)
            asm.place(inside)
            emit(cluster)
            asm.jump(end)
            asm.place(following)
        asm.place(end)

    def _branch_of(self, asm: Assembler, cluster: int, inside: Label) -> None:
        """Emit going to a label on cores of a cluster; those of earlier ones have left."""
        if not self.are_kernels:
            # the register names dies, of which a package may have several
            for die in sorted({self.site.dies[core] for core in self.members[cluster]}):
                asm.branch(R_PACKAGE, isa.EQUAL, die, inside)
            return
        for register, numbers in ((R_CORE, range(self.site.cores)), (R_PACKAGE, self.site.dies)):
            highest = [max(numbers[core] for core in members) for members in self.members]
            lowest = [min(numbers[core] for core in members) for members in self.members]
            if all(low > high for low, high in zip(lowest[1:], highest, strict=False)):
                asm.branch(register, isa.LESS, highest[cluster] + 1, inside)
                return
        for core in self.members[cluster]:
            asm.branch(R_CORE, isa.EQUAL, core, inside)

    def number(self, asm: Assembler, register: int) -> None:
        """Emit setting a register to the number of the core's own cluster."""
        self.each(asm, lambda cluster: asm.emit(isa.SET, dst=register, value=cluster))


def dealt(site: Site, kernels: int) -> list[int]:
    """Number of the kernel that each active core belongs to: about as many cores for each."""
    homes = [0] * site.cores
    for place, core in enumerate(sorted(range(site.cores), key=lambda n: (site.dies[n], n))):
        homes[core] = place * kernels // site.cores
    return homes


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

    def fetch_of(self, asm: Assembler, cluster: int, lines: int) -> None:
        """Emit fetching so many lines, one after another, by a core of a cluster."""
        cycles = lines * self.clusters.transfer_cycles(cluster)
        asm.emit(isa.REQUEST, address=self.way, index=R_CORE, stride=1, value=cycles)
