"""Tasks open and close one file: open3 of will-it-scale (scale/open3).

One operation is opening the file for writing and closing it. Processes and threads meet at the
references to its dentry and at its inode's count of writers, threads at their table of descriptors
as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.tasks import OneFileSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class Open3(OneFileSettings):
    """Tasks open and close one file (scale/open3)."""

    kind: Literal["open3"]


@repeats(Open3, "open")
def open_and_close(workload: Open3, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one operation of a task."""
    calls.open_and_close_file(asm)
