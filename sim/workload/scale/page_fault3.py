"""Tasks write to shared mappings of files: page_fault3 of will-it-scale (scale/page_fault3).

Each task maps a file of its own, writes to each page, and unmaps it; one operation is one page. The
file's pages are in the page cache and stay there. So it is a page fault in which the file's page is
mapped and marked as written, and its share of being unmapped; nothing is allocated or freed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.page_fault1 import PageSettings
from sim.workload.scale.tasks import repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class PageFault3(PageSettings):
    """Tasks write to each page of shared mappings of their files (scale/page_fault3)."""

    kind: Literal["page_fault3"]


@repeats(PageFault3, "page_fault")
def write_page(workload: PageFault3, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one page: mapped for writing, and its share of being unmapped."""
    calls.write_file_page(asm)
    asm.compute(workload.unmap_cycles)
