"""Tasks allocate and free a large piece of memory: malloc1 of will-it-scale (scale/malloc1).

The C library maps a piece of 128 MB when it is asked for, and unmaps it when it is freed. In
between, it writes its own note in front of the piece, which is a fault on one page. One operation
is one piece: mmap, a page fault, munmap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.engine import isa
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.workload.registry import lowers
from sim.workload.scale.tasks import TasksSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class Malloc1(TasksSettings):
    """Tasks allocate and free a large piece of memory (scale/malloc1)."""

    kind: Literal["malloc1"]


@lowers(Malloc1)
def build(workload: Malloc1, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the tasks on all active cores of a site."""
    asm = Assembler()
    with asm.at("malloc", isa.SYSTEM):
        calls = SystemCalls(asm, kernel, site, workload.population)
        with asm.operations(range(site.cores)):
            calls.map_memory(asm)
            calls.touch_pages(asm, 1, remote=0.0)
            calls.unmap_memory(asm, page=True)
    return asm
