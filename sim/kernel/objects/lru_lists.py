"""Lists by which reclaim finds pages not used for long (LRU), of each node under one lru_lock.

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

Batches are emptied at random pages, so that cores do not march in step (as in protocol_memory.py).

Not modelled: a list of each group of processes with a lock of its own (one group runs here), pages
that reclaim moves between lists, that what a core empties may lie on another node, and how full a
batch is: one that has just been emptied because it was full is emptied again before an unmapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_PACKAGE
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
        )
    }

    hold_cycles: Cycles = Field(description="under the lock for a batch, beside its pages")
    page_cycles: Cycles = Field(description="under the lock for each page of a batch")
    add_batch: PositiveCount = Field(description="pages that are added to a list together")
    free_batch: PositiveCount = Field(description="freed pages that are taken off a list together")


@strategy(LruLists, "drain")
class Drained:
    """unmapping empties the core's batch of additions first."""

    def __init__(self, context: KernelContext, settings: LruLists) -> None:
        self.settings = settings
        self.lock = context.locks.spin(context.site.hardware.topology.dies)

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
        """Emit moving some pages under the lock of the core's node."""
        with asm.at(CHARGED_TO):
            self.lock.acquire(asm, R_PACKAGE)
            asm.compute(self.settings.hold_cycles + pages * self.settings.page_cycles)
            self.lock.release(asm, R_PACKAGE)


@strategy(LruLists, "keep")
class Kept(Drained):
    """unmapping leaves the core's batch of additions alone."""

    def remove_alone(self, asm: Assembler) -> None:
        """Emit the page's share of being freed, together with those of a full batch."""
        self.at_batch(asm, self.settings.add_batch)
