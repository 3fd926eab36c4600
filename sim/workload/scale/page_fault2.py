"""Tasks write to private mappings of files: page_fault2 of will-it-scale (scale/page_fault2).

Each task maps a file of its own privately, writes to each page, and unmaps it; one operation is one
page. The file's pages are in the page cache. So it is a page fault in which a page is allocated,
the file's is copied into it, and it is mapped; and its share of being unmapped and freed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.page_fault1 import PageSettings
from sim.workload.scale.tasks import repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class PageFault2(PageSettings):
    """Tasks write to each page of private mappings of their files (scale/page_fault2)."""

    kind: Literal["page_fault2"]


@repeats(PageFault2, "page_fault")
def copy_page(workload: PageFault2, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one page: copied, and its share of being unmapped."""
    calls.copy_file_page(asm)
    asm.compute(workload.unmap_cycles)
    calls.free_page(asm)
