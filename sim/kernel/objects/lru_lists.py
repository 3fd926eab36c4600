"""Lists by which reclaim finds pages not used for long (LRU), of each node under an lru_lock.

A page that a program has touched for the first time is added to its node's list, and a page that is
freed is taken off. Additions wait in a batch of the core (pagevec, folio batch), which is emptied
under the lock when it is full; pages freed together come off in batches, too:

    core 0   add add add ... lock [ 15 pages ] unlock
    core 1   add lock .................... [ 15 pages ] unlock

What happens to a batch that is not full when memory is unmapped (`unmap`):

    drain    It is emptied first, so that its pages can be freed at once (lru_add_drain in
             unmap_region): who maps, touches and unmaps a single page takes the lock twice for it,
             and the batch gains nothing.
    keep     It is left alone. Its pages are freed when it is full; so a page that was alone takes
             the lock as one of a batch, both times.

Whose pages one lock protects (`locks`):

    of_node   Those of all processes on a node.
    of_group  Those of one group of processes (memory_group.py) on a node: processes of different
              groups do not meet (6168d0da2b47, Linux 5.11). Where all are in one group, it is the
              same as a lock of the node.

                  group 0   lock 0 [ batch ] unlock
                  group 1   lock 1 [ batch ] unlock

Batches are emptied at random pages, so that cores do not march in step (as in protocol_memory.py).

Not modelled: pages that reclaim moves between lists, that what a core empties may lie on another
node or be of another group, and how full a batch is: one that has just been emptied because it was
full is emptied again before an unmapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.kernel.objects.memory_group import MemoryGroups
from sim.kernel.table import Fix, KernelObject, strategy
from sim.program.assembler import Label
from sim.settings import Cycles, PositiveCount

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

CHARGED_TO = "lru_lock"


class LruLists(KernelObject):
    """Lists of pages by their last use, of each node (lru_lock)."""

    key: ClassVar[str] = "lru_lists"
    choice: ClassVar[str] = "unmap"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "no_lru_drain": Fix(
            "unmap",
            "drain",
            "keep",
            "unmapping memory does not empty the core's batch of pages to be added to the lists",
        ),
        "per_group_lru_lock": Fix(
            "locks",
            "of_node",
            "of_group",
            "each group of processes (memcg) has an lru_lock of its own on each node",
        ),
    }

    locks: Literal["of_node", "of_group"] = Field(
        description="whose lists one lock protects: of_node = those of all processes, of_group = "
        "those of one group of processes, on each node"
    )
    hold_cycles: Cycles = Field(description="under the lock for a batch, beside its pages")
    page_cycles: Cycles = Field(description="under the lock for each page of a batch")
    add_batch: PositiveCount = Field(description="pages that are added to a list together")
    free_batch: PositiveCount = Field(description="freed pages that are taken off a list together")


@strategy(LruLists, "drain")
class Drained:
    """unmapping empties the core's batch of additions first."""

    def __init__(self, context: KernelContext, settings: LruLists) -> None:
        self.settings = settings
        self.groups = MemoryGroups(context, divided=settings.locks == "of_group")
        self.lock = context.locks.spin(self.groups.places)

    def add(self, asm: Assembler) -> None:
        """Emit adding a page of a large piece of memory."""
        self.at_batch(asm, self.settings.add_batch)

    def remove(self, asm: Assembler) -> None:
        """Emit taking off a page that is freed with a large piece of memory."""
        self.at_batch(asm, self.settings.free_batch)

    def remove_alone(self, asm: Assembler) -> None:
        """Emit emptying the batch that the page waits in, and taking the page off again."""
        self.hold(asm, 1)
        self.hold(asm, 1)

    def at_batch(self, asm: Assembler, pages: int) -> None:
        """Emit one page's turn in batches of so many."""
        between = Label()
        with asm.registers(1) as (left,):
            asm.emit(isa.DRAW, dst=left, value=pages)
            asm.branch(left, isa.AT_LEAST, 1, between)
        self.hold(asm, pages)
        asm.place(between)

    def hold(self, asm: Assembler, pages: int) -> None:
        """Emit moving some pages under the lock of the core's node, or of its group there."""
        with asm.at(CHARGED_TO), self.groups.place(asm) as place:
            self.lock.acquire(asm, place)
            asm.compute(self.settings.hold_cycles + pages * self.settings.page_cycles)
            self.lock.release(asm, place)


@strategy(LruLists, "keep")
class Kept(Drained):
    """unmapping leaves the core's batch of additions alone."""

    def remove_alone(self, asm: Assembler) -> None:
        """Emit the page's share of being freed, together with those of a full batch."""
        self.at_batch(asm, self.settings.add_batch)
