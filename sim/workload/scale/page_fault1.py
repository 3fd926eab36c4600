"""Tasks touch fresh memory: page_fault1 of will-it-scale (scale/page_fault1).

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

from sim.engine import isa
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.settings import Cycles
from sim.workload.registry import lowers
from sim.workload.scale.tasks import TasksSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


BATCH = 64
"""About the pages that move between a core's list and its node's at a time."""


class PageFault1(TasksSettings):
    """Tasks write to each page of large pieces of fresh memory (scale/page_fault1)."""

    kind: Literal["page_fault1"]
    region: Literal["own", "shared"] = Field(
        description="own: each task maps memory of its own; shared: threads touch one piece's pages"
    )
    unmap_cycles: Cycles = Field(
        description="unmapping one of many pages and freeing it, beside allocator and page lists"
    )

    @property
    def operations_outstanding(self) -> int:
        """Pages of a batch: a start without queues at the zone lock is forgotten after several."""
        return BATCH

    @property
    def population(self) -> Population:
        """How many of each kernel object they use."""
        return replace(super().population, one_region=self.region == "shared")


@lowers(PageFault1)
def build(workload: PageFault1, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the tasks on all active cores of a site."""
    asm = Assembler()
    with asm.at("page_fault", isa.SYSTEM):
        calls = SystemCalls(asm, kernel, site, workload.population)
        with asm.operations(range(site.cores)):
            calls.touch_pages(asm, 1, remote=0.0)
            if workload.region == "own":
                asm.compute(workload.unmap_cycles)
                calls.free_page(asm)
    return asm
