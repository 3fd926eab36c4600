"""Threads make, look at or remove many files: inodes come into memory and leave it.

After the programs with which D. Chinner measured file systems: fs_mark makes empty files, a walk
looks at all of them with cold caches, and rm removes them, each thread in directories of its own.
One operation is one file. Its inode is put on the list of its file system, and into the hash of
inodes where the file system relies on that; removing takes it out again, and a walk of more files
than stay in memory does both for each. What the file system does itself - blocks, directories,
journal - is work of the core's own, and lines that other cores wrote last.

Not modelled: waiting for one another inside the file system, and the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim.engine import isa
from sim.settings import Count, Microseconds
from sim.workload.scale.tasks import TasksSettings, repeats
from sim.workload.settings import MeasuredWorkload

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler

EDITS = {"create": 1, "walk": 2, "unlink": 1}
"""How often an inode is put on the list or taken off, for each file."""


class Inodes(TasksSettings, MeasuredWorkload):
    """Threads make, look at or remove many files of one file system (scale/xfs_create ...)."""

    kind: Literal["inodes"]
    does: Literal["create", "walk", "unlink"] = Field(description="what is done with each file")
    hashed: bool = Field(
        description="whether the file system finds inodes in memory by the kernel's hash"
    )
    file_system_us: Microseconds = Field(
        description="one file at one core, beside the list and the hash of inodes"
    )
    shared_lines: Count = Field(
        description="lines of the file system last written by another core, for each file"
    )


@repeats(Inodes, "file_system")
def one_file(workload: Inodes, calls: SystemCalls, asm: Assembler) -> None:
    """Emit what one thread does with one file."""
    asm.compute(calls.context.site.work(workload.file_system_us))
    asm.emit(isa.BULK, value=workload.shared_lines)
    with asm.repeat(EDITS[workload.does]):
        calls.edit_inodes(asm, hashed=workload.hashed)
