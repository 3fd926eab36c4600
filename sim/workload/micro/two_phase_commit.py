"""One core retypes a capability that all active cores know (micro/two_phase_commit).

One operation is one retype. In `single` mode each begins when the one before is complete, in
`pipelined` mode several are under way; latency is then the time from one completion to the next.
Source: SOSP'09 section 5.2, Figure 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.assembler import Assembler
from sim.kernel.barrelfish.commit import TwoPhaseCommit

if TYPE_CHECKING:
    from sim.config.schema.barrelfish import Barrelfish
    from sim.config.schema.workload.two_phase_commit import TwoPhaseCommitWorkload
    from sim.machine.site import Site

OBJECT = "retype"


def build(workload: TwoPhaseCommitWorkload, kernel: Barrelfish, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.USER):
        in_flight = 1 if workload.mode == "single" else workload.in_flight
        commit = TwoPhaseCommit(asm, kernel, site, in_flight)
        asm.thread(0, commit.emit_coordinator(asm))
        for core in range(1, site.cores):
            asm.thread(core, commit.emit_responder(asm, core))
    return asm
