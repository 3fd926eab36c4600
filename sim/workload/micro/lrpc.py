"""Two programs on one core call each other through its CPU driver (micro/lrpc).

One operation is one call, one way. Every active core does so for itself; they share nothing.
Source: SOSP'09 section 4.3, Table 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.engine import isa
from sim.kernel.objects.cpu_driver import CpuDriver, Lrpc
from sim.program.assembler import Assembler
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class LrpcWorkload(WorkloadSettings):
    """Two programs on one core call each other through its CPU driver (micro/lrpc)."""

    kind: Literal["lrpc"]


OBJECT = "lrpc"


@lowers(LrpcWorkload)
def build(workload: LrpcWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.USER):
        driver = CpuDriver(kernel.settings(Lrpc), site)
        with asm.operations(range(site.cores)):
            driver.call(asm)
    return asm
