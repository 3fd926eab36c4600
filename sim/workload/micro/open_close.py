"""Every active core opens and closes files of its own below one mount (micro/open_close).

One operation is one file: its path is looked up, it joins the list of open files and leaves it.
The files differ, but the mount, the first components of their paths and the super block's list
are everybody's. Shows each of the fixes of the file system by itself, without an application
around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.settings import Count, Cycles
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class OpenCloseWorkload(WorkloadSettings):
    """Every core opens and closes files below one mount (micro/open_close)."""

    kind: Literal["open_close"]
    path_lookups: Count = Field(
        description="path names resolved per file: the open itself, and stat and the like before it"
    )
    think_cycles: Cycles = Field(description="mean private work between two files")


@lowers(OpenCloseWorkload)
def build(workload: OpenCloseWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    calls = SystemCalls(asm, kernel, site)
    start = asm.place()
    with asm.at("think", isa.USER):
        asm.emit(isa.COMPUTE_DRAWN, value=workload.think_cycles, target=EXPONENTIAL)
        asm.emit(isa.BEGIN)
    with asm.at("kernel", isa.SYSTEM):
        with asm.repeat(workload.path_lookups):
            calls.look_up_path(asm)
        calls.open_and_close(asm)
        asm.emit(isa.END)
    asm.jump(start)
    for core in range(site.cores):
        asm.thread(core, start)
    return asm
