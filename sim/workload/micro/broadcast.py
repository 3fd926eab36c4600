"""One core tells all other active cores something and hears from each (micro/broadcast).

One operation lasts from the root's first instruction until the last acknowledgement has reached
it: the raw messaging of a TLB shootdown, without any invalidation. The next begins at once.
Source: SOSP'09 section 5.1, Figure 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.kernel.knowledge_base import multicast_tree
from sim.program.assembler import Assembler
from sim.sync.multicast import Multicast, Tree, binary, sequential, shared_line
from sim.sync.urpc import message_costs
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


TreeName = Literal["shared_line", "sequential", "binary", "multicast", "numa_multicast"]


class BroadcastWorkload(WorkloadSettings):
    """One core tells all others something and waits until each has acknowledged it."""

    by_one_core: ClassVar[bool] = True

    kind: Literal["broadcast"]
    tree: TreeName = Field(
        description="who tells whom: shared_line = all poll one line; sequential = the root tells "
        "each core; binary = by core number; multicast = over one core per package; "
        "numa_multicast = the same, farthest package first and buffers local to it"
    )
    root: Annotated[int, Field(ge=0, le=4095, strict=True)] = Field(
        description="core that tells the others; one of the active cores"
    )

    @property
    def fewest_cores(self) -> int:
        """The root takes part, and somebody must hear it."""
        return max(self.root + 1, 2)


OBJECT = "broadcast"


def make_tree(name: TreeName, site: Site, root: int) -> Tree:
    """The tree of a name."""
    if name == "shared_line":
        return shared_line(site, root)
    if name == "sequential":
        return sequential(site, root)
    if name == "binary":
        return binary(site, root)
    return multicast_tree(site, root, numa_aware=name == "numa_multicast")


@lowers(BroadcastWorkload)
def build(workload: BroadcastWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.USER):
        tree = make_tree(workload.tree, site, workload.root)
        multicast = Multicast(asm, site, tree, message_costs(site.hardware.messaging))
        with multicast.cursor(asm) as at:
            start = asm.place()
            multicast.advance(asm, at)
            asm.emit(isa.BEGIN)
            multicast.send(asm, workload.root, at)
            multicast.collect(asm, workload.root, at)
            asm.emit(isa.END)
            asm.jump(start)
        for core in multicast.cores:
            if core == workload.root:
                asm.thread(core, start)
            else:
                asm.thread(core, multicast.emit_follower(asm, core))
    return asm
