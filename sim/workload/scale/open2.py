"""Tasks open and close a file each, each in a directory: open2 of will-it-scale (scale/open2).

One operation is as that of open1. Walking a path writes nothing to a directory (RCU-walk), so that
a directory of each task's own gains nothing: the two programs differ in a kernel that counts
references on the way, whose first components are the shared ones, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.tasks import TasksSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class Open2(TasksSettings):
    """Tasks open and close a file each, in directories of their own (scale/open2)."""

    kind: Literal["open2"]


@repeats(Open2, "open")
def open_and_close(workload: Open2, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one operation of a task."""
    calls.open_and_close_file(asm)
