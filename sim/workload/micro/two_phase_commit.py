"""One core retypes a capability that all active cores know (micro/two_phase_commit).

One operation is one retype. In `single` mode each begins when the one before is complete, in
`pipelined` mode several are under way; latency is then the time from one completion to the next.
A kernel whose capabilities lie in shared memory needs no commit: there both modes are one system
call after another. Source: SOSP'09 section 5.2, Figure 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.config.schema.workload.two_phase_commit import TwoPhaseCommitWorkload
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site

OBJECT = "retype"


def build(workload: TwoPhaseCommitWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.USER):
        in_flight = 1 if workload.mode == "single" else workload.in_flight
        population = Population(retypes_in_flight=in_flight)
        retype = SystemCalls(asm, kernel, site, population).retyping()
        asm.thread(0, retype.emit_coordinator(asm))
        for core in range(1, site.cores):
            asm.thread(core, retype.emit_responder(asm, core))
    return asm
