"""One core retypes a capability that all active cores know (micro/two_phase_commit).

One operation is one retype. In `single` mode each begins when the one before is complete, in
`pipelined` mode several are under way; latency is then the time from one completion to the next.
A kernel whose capabilities lie in shared memory needs no commit: there both modes are one system
call after another. Source: SOSP'09 section 5.2, Figure 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

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


class TwoPhaseCommitWorkload(WorkloadSettings):
    """One core retypes a capability that all active cores know (micro/two_phase_commit)."""

    by_one_core: ClassVar[bool] = True

    kind: Literal["two_phase_commit"]
    mode: Literal["single", "pipelined"] = Field(
        description="single: one operation after another; pipelined: several at a time"
    )
    in_flight: Literal[3, 5, 7, 9] = Field(
        description="operations under way at a time, of a pipeline"
    )

    @property
    def operations_outstanding(self) -> int:
        """Operations that a core has begun or that wait for it, at a time."""
        return 1 if self.mode == "single" else self.in_flight


OBJECT = "retype"


@lowers(TwoPhaseCommitWorkload)
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
