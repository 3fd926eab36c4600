"""The page allocator: free pages of each memory node, under its zone lock.

Every fresh page is taken from the free lists of the core's node, and goes back there. The zone lock
protects the lists; each page moved under it costs a look at its struct page and its neighbours'.

    zone_lock   Each page is taken and given back under the zone lock.

                    core 0   lock [ page ] unlock
                    core 1   lock ....... line moves [ page ] unlock

    per_core    Each core keeps a list of free pages (per-CPU pagesets) in front of the lock. Who
                finds its own list empty, or too long, moves a batch under the lock, and needs it
                so many times less often, but holds it as many times longer:

                    core 0   own own own lock [ batch of pages ] unlock own own own
                    core 1   own own lock .................. [ batch of pages ] unlock

                The work under the lock is the same: once it fills the lock's time, batches do not
                help, and only another node's lock does.

Batches are moved at random pages, so that cores do not march in step (as in protocol_memory.py).

Not modelled: pages freed on other nodes than the core's own, the lists of larger blocks, batches
that grow with use (Linux 6.7 or so), and a node's free memory running out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Protocol

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_PACKAGE
from sim.kernel.table import KernelObject, strategy
from sim.program.assembler import Label
from sim.settings import Cycles, Settings

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

CHARGED_TO = "zone_lock"
LOCAL = "page_allocator"


class PageAllocator(KernelObject):
    """Free pages of each memory node (zone lock)."""

    key: ClassVar[str] = "page_allocator"

    hold_cycles: Cycles = Field(
        description="moving one page from or to the node's free lists, under the zone lock"
    )


class PerCoreLists(Settings):
    """Lists of free pages of each core."""

    batch: Annotated[int, Field(ge=1, le=100_000, strict=True)] = Field(
        description="pages that move between a core's list and its node's at a time"
    )
    local_cycles: Cycles = Field(description="taking a page from the core's own list, or giving it")


class Allocator(Protocol):
    """Where fresh pages come from, and go back to."""

    def move(self, asm: Assembler) -> None:
        """Emit taking a page from the core's own node, or giving it back."""


@strategy(PageAllocator, "zone_lock")
class UnderZoneLock:
    """every page under its node's lock."""

    def __init__(self, context: KernelContext, settings: PageAllocator) -> None:
        self.lock = context.locks.spin(context.site.hardware.topology.dies)
        self.hold_cycles = settings.hold_cycles

    def move(self, asm: Assembler) -> None:
        """Emit taking a page from the core's own node, or giving it back."""
        self.hold(asm, 1)

    def hold(self, asm: Assembler, pages: int) -> None:
        """Emit moving some pages under the lock of the core's node."""
        with asm.at(CHARGED_TO):
            self.lock.acquire(asm, R_PACKAGE)
            asm.compute(pages * self.hold_cycles)
            self.lock.release(asm, R_PACKAGE)


@strategy(PageAllocator, "per_core", numbers=PerCoreLists)
class BehindPerCoreLists(UnderZoneLock):
    """lists of each core, which exchange batches with their node's under its lock."""

    def __init__(self, context: KernelContext, settings: PageAllocator) -> None:
        super().__init__(context, settings)
        self.batch: int = settings.batch  # type: ignore[attr-defined]
        self.local_cycles: int = settings.local_cycles  # type: ignore[attr-defined]

    def move(self, asm: Assembler) -> None:
        """Emit taking a page from the core's own list, or giving it; in turn, a batch's."""
        own = Label()
        with asm.registers(1) as (left,):
            with asm.at(LOCAL):
                asm.compute(self.local_cycles)
                asm.emit(isa.DRAW, dst=left, value=self.batch)
            asm.branch(left, isa.AT_LEAST, 1, own)
        self.hold(asm, self.batch)
        asm.place(own)
