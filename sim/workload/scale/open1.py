"""Tasks open and close a file each: open1 of will-it-scale (scale/open1).

All files lie in one directory, whose entries are only read. One operation is opening a task's file
for writing and closing it: processes meet nobody, threads meet at their table of descriptors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.tasks import TasksSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class Open1(TasksSettings):
    """Tasks open and close a file each (scale/open1)."""

    kind: Literal["open1"]


@repeats(Open1, "open")
def open_and_close(workload: Open1, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one operation of a task."""
    calls.open_and_close_file(asm)
