"""One core tells all other active cores something, and may hear from each (micro/broadcast).

With `acknowledged`, one operation lasts from the root's first instruction until the last
acknowledgement has reached it: the raw messaging of a TLB shootdown, without any invalidation
(SOSP'09 section 5.1, Figure 6). Without, it lasts until the last core has heard. Nobody answers
then; that all have heard is told to the root from core to core by interrupts that cost nothing and
take no time: they stand for an observer's clock. The next operation begins at once, in the next
slot of the channels, so that it does not wait for the last one's reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.kernel.knowledge_base import cluster_tree, multicast_tree
from sim.program.assembler import Assembler, Label
from sim.sync.multicast import Multicast, Tree, binary, others, sequential, shared_line
from sim.sync.urpc import message_costs
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


TreeName = Literal["shared_line", "sequential", "binary", "multicast", "numa_multicast", "cluster"]


class BroadcastWorkload(WorkloadSettings):
    """One core tells all others something, and may wait until each has acknowledged it."""

    by_one_core: ClassVar[bool] = True

    kind: Literal["broadcast"]
    tree: TreeName = Field(
        description="who tells whom: shared_line = all poll one line; sequential = the root tells "
        "each core; binary = by core number; multicast = over one core per package; "
        "numa_multicast = the same, farthest package first and buffers local to it; cluster = a "
        "binary tree over one core per package, each of which then tells its neighbours"
    )
    acknowledged: Annotated[bool, Field(strict=True)] = Field(
        description="true: an operation ends when each core's answer has reached the root; false: "
        "when the last core has heard"
    )
    root: Annotated[int, Field(ge=0, le=4095, strict=True)] = Field(
        description="core that tells the others; one of the active cores"
    )

    @property
    def fewest_cores(self) -> int:
        """The root takes part, and somebody must hear it."""
        return max(self.root + 1, 2)


OBJECT = "broadcast"
ONE_WAY_SLOTS = 4
"""Slots of a channel without answers: more than one message's line is busy with at a time."""


def make_tree(name: TreeName, site: Site, root: int) -> Tree:
    """The tree of a name."""
    if name == "shared_line":
        return shared_line(site, root)
    if name == "sequential":
        return sequential(site, root)
    if name == "binary":
        return binary(site, root)
    if name == "cluster":
        return cluster_tree(site, root)
    return multicast_tree(site, root, numa_aware=name == "numa_multicast")


class Observer:
    """Tells the root that all other cores have heard, at the time at which the last one has.

    A token goes from core to core, in their order, and last to the root. A core passes it on once
    it has heard, and has told those that it tells: they hear later than its stores are done.
    """

    def __init__(self, site: Site, root: int) -> None:
        order = others(site, root)
        self.first, self.root = order[0], root
        self.next = dict(zip(order, (*order[1:], root), strict=True))

    def note(self, asm: Assembler, core: int) -> None:
        """Let a core pass the token on."""
        if core != self.first:
            self.wait(asm)
        asm.emit(isa.SEND_IPI, value=self.next[core], target=0)

    def wait(self, asm: Assembler) -> None:
        """Wait for the token."""
        asm.emit(isa.AWAIT_IPI, cause=isa.C_MESSAGE_WAIT)


def emit_listener(asm: Assembler, multicast: Multicast, core: int, observer: Observer) -> Label:
    """Emit the loop of a core that hears, and passes on, without an answer."""
    with multicast.cursor(asm) as at:
        top = asm.place()
        multicast.advance(asm, at)
        multicast.down.receive(asm, core, at)
        multicast.send(asm, core, at)
        observer.note(asm, core)
        asm.jump(top)
    return top


@lowers(BroadcastWorkload)
def build(workload: BroadcastWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.USER):
        tree = make_tree(workload.tree, site, workload.root)
        slots = 1 if workload.acknowledged else ONE_WAY_SLOTS
        multicast = Multicast(asm, site, tree, message_costs(site.hardware.messaging), slots)
        observer = Observer(site, workload.root)
        with multicast.cursor(asm) as at:
            start = asm.place()
            multicast.advance(asm, at)
            asm.emit(isa.BEGIN)
            multicast.send(asm, workload.root, at)
            if workload.acknowledged:
                multicast.collect(asm, workload.root, at)
            else:
                observer.wait(asm)
            asm.emit(isa.END)
            asm.jump(start)
        for core in multicast.cores:
            if core == workload.root:
                asm.thread(core, start)
            elif workload.acknowledged:
                asm.thread(core, multicast.emit_follower(asm, core))
            else:
                asm.thread(core, emit_listener(asm, multicast, core, observer))
    return asm
