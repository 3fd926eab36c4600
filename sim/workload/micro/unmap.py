"""One core unmaps a page that all active cores have mapped (micro/unmap).

One operation is one unmap (on Linux mprotect, on Windows VirtualProtect), from the call until no
core uses the old translation any more. The next begins at once. Source: SOSP'09 section 5.1,
Figure 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from sim.engine import isa
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class UnmapWorkload(WorkloadSettings):
    """One core unmaps a page that all active cores have mapped (micro/unmap)."""

    by_one_core: ClassVar[bool] = True

    kind: Literal["unmap"]


OBJECT = "unmap"


@lowers(UnmapWorkload)
def build(workload: UnmapWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.USER):
        unmap = SystemCalls(asm, kernel, site).unmapping()
        with asm.operations([0]):
            unmap.emit_unmap(asm)
        for core in range(1, site.cores):
            asm.thread(core, unmap.emit_responder(asm, core))
    return asm
