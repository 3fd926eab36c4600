"""Tasks touch fresh memory: page_fault1 of will-it-scale (scale/page_fault1), and pft (scale/pft).

Each task maps a large piece of anonymous memory, writes to each of its pages, and unmaps it; one
operation is one page. So it is a page fault, in which the page is allocated, zeroed and mapped, and
the page's share of being unmapped and freed. With `region: shared` all threads touch pages of one
piece, as the program pft does, and nothing is unmapped meanwhile.

Not modelled: mapping and unmapping themselves, one of each for 32,768 pages.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim.kernel.population import Population
from sim.settings import Cycles
from sim.workload.scale.tasks import TasksSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


BATCH = 64
"""About the pages that move between a core's list and its node's at a time."""


class PageSettings(TasksSettings):
    """Base of the settings of programs whose operation is one page of a large region."""

    unmap_cycles: Cycles = Field(
        description="unmapping one of many pages and freeing it, beside allocator and page lists"
    )

    @property
    def operations_outstanding(self) -> int:
        """Pages of a batch: a start without queues at the zone lock is forgotten after several."""
        return BATCH


class PageFault1(PageSettings):
    """Tasks write to each page of large pieces of fresh memory (scale/page_fault1, scale/pft)."""

    kind: Literal["page_fault1"]
    region: Literal["own", "shared"] = Field(
        description="own: each task maps memory of its own; shared: threads touch one piece's pages"
    )
    beside_cycles: Cycles = Field(
        default=0, description="what a touch costs on its core beside the kernel's page fault"
    )

    @property
    def population(self) -> Population:
        """How many of each kernel object they use."""
        return replace(super().population, one_region=self.region == "shared")


@repeats(PageFault1, "page_fault")
def touch_page(workload: PageFault1, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one page: touched, and its share of being unmapped."""
    asm.compute(workload.beside_cycles)
    calls.touch_pages(asm, 1, remote=0.0)
    if workload.region == "own":
        asm.compute(workload.unmap_cycles)
        calls.free_page(asm)
