"""Tasks move the end of their heap: brk1 and brk2 of will-it-scale (scale/brk1, scale/brk2).

One operation is one brk(), by a page up or down in turn; no page is touched. What differs between
the two programs, whether the region at the end is made anew (brk1: the heap is shared with the
parent) or moved (brk2), is not modelled apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.tasks import TasksSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class Brk(TasksSettings):
    """Tasks move the end of their heap by a page (scale/brk1, scale/brk2)."""

    kind: Literal["brk"]


@repeats(Brk, "brk")
def move_heap_end(workload: Brk, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one call."""
    calls.move_heap_end(asm)
