"""Tasks duplicate and close a descriptor: dup1 of will-it-scale (scale/dup1).

Each task has a file of its own. One operation is dup() and close() of the copy: threads meet at the
table of descriptors that they share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.tasks import TasksSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class Dup1(TasksSettings):
    """Tasks duplicate and close a descriptor (scale/dup1)."""

    kind: Literal["dup1"]


@repeats(Dup1, "dup")
def duplicate_and_close(workload: Dup1, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one operation of a task."""
    calls.duplicate_and_close(asm)
