"""Every active core touches fresh pages, one page fault after another (micro/page_fault).

With `address_space: private` each core faults in a process of its own; with `shared` all are
threads of one process and pass its address space's lock. One operation is one fault; pages come
from the core's own node. Source: MOSBENCH's memclone measurement of the 48-core machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim.engine import isa
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class PageFaultWorkload(WorkloadSettings):
    """Every core touches fresh pages one after another (micro/page_fault)."""

    kind: Literal["page_fault"]
    address_space: Literal["private", "shared"] = Field(
        description="private: a process per core; shared: threads of one process"
    )


OBJECT = "page_fault"


@lowers(PageFaultWorkload)
def build(workload: PageFaultWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    shared = workload.address_space == "shared"
    with asm.at(OBJECT, isa.SYSTEM):
        calls = SystemCalls(asm, kernel, site, Population(shared_address_space=shared))
        with asm.operations(range(site.cores)):
            calls.touch_pages(asm, 1, remote=0.0)
    return asm
