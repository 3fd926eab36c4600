"""Every active core accepts connections from a listening socket (micro/accept).

One operation is one connection's way through the backlog queue, from its first packet to
accept(). With `sockets: shared` all cores listen on one socket: one queue under one lock, or one
per core with the fix `parallel_accept` (OSDI'10 section 4.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.settings import Cycles
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class AcceptWorkload(WorkloadSettings):
    """Every core accepts connections in a loop (micro/accept)."""

    kind: Literal["accept"]
    sockets: Literal["shared", "per_core"] = Field(
        description="shared: all cores listen on one socket; per_core: each on one of its own"
    )
    think_cycles: Cycles = Field(description="private work between two connections")


@lowers(AcceptWorkload)
def build(workload: AcceptWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    calls = SystemCalls(
        asm, kernel, site, Population(listens_per_core=workload.sockets == "per_core")
    )
    start = asm.place()
    with asm.at("think", isa.USER):
        asm.emit(isa.COMPUTE_DRAWN, value=workload.think_cycles, target=EXPONENTIAL)
    with asm.at("accept", isa.SYSTEM):
        asm.emit(isa.BEGIN)
        calls.sockets.open_connection(asm)
        asm.emit(isa.END)
    asm.jump(start)
    for core in range(site.cores):
        asm.thread(core, start)
    return asm
