"""Every active core asks for the status of one file, again and again (micro/stat).

One operation is one stat: a system call that resolves a path, opens nothing and changes nothing.
What it costs beyond one core is the sharing of the path alone: mount table, dentries, references.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim.engine import isa
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.settings import Cycles
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class StatWorkload(WorkloadSettings):
    """Every core asks for the status of one file (micro/stat)."""

    kind: Literal["stat"]
    call_cycles: Cycles = Field(description="the call itself: entry, copy of the result, exit")


@lowers(StatWorkload)
def build(workload: StatWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    calls = SystemCalls(asm, kernel, site)
    start = asm.place()
    with asm.at("stat", isa.SYSTEM):
        asm.emit(isa.BEGIN)
        asm.compute(workload.call_cycles)
        calls.look_up_path(asm)
        asm.emit(isa.END)
    asm.jump(start)
    for core in range(site.cores):
        asm.thread(core, start)
    return asm
