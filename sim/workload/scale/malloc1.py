"""Tasks allocate and free a large piece of memory: malloc1 of will-it-scale (scale/malloc1).

The C library maps a piece of 128 MB when it is asked for, and unmaps it when it is freed. In
between, it writes its own note in front of the piece, which is a fault on one page. One operation
is one piece: mmap, a page fault, munmap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.tasks import TasksSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class Malloc1(TasksSettings):
    """Tasks allocate and free a large piece of memory (scale/malloc1)."""

    kind: Literal["malloc1"]


@repeats(Malloc1, "malloc")
def allocate_and_free(workload: Malloc1, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one piece: mapped, touched once, unmapped."""
    calls.map_memory(asm)
    calls.touch_pages(asm, 1, remote=0.0)
    calls.unmap_memory(asm, page=True)
