"""Tasks make a file and remove it: unlink1 of will-it-scale (scale/unlink1).

One operation is opening a file that does not exist, closing it, and unlinking it. All tasks do so
in one directory, whose entries change under its lock, twice for each operation; with
`directory: own` (unlink2) each has a directory. The file's inode is put on the file system's list
and taken off.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.population import Population
from sim.workload.scale.tasks import TasksSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler

MOST_TASKS = 4096


class Unlink1(TasksSettings):
    """Tasks make a file and remove it (scale/unlink1)."""

    kind: Literal["unlink1"]
    directory: Literal["shared", "own"] = Field(
        description="shared: all files lie in one directory; own: each task has a directory"
    )

    @property
    def one_task_a_core(self) -> str | None:
        """Why there cannot be more tasks than hardware threads: the directory's mutex."""
        if self.directory == "shared":
            return (
                "; who holds the directory's mutex may have to wait for its turn, which is not "
                "modelled; allowed: workload.directory=own"
            )
        return super().one_task_a_core

    @property
    def population(self) -> Population:
        """How many of each kernel object they use."""
        directories = MOST_TASKS if self.directory == "own" else 1
        return replace(super().population, directories=directories)


@repeats(Unlink1, "unlink")
def make_and_unlink(workload: Unlink1, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one operation of a task."""
    directory = R_CORE if workload.directory == "own" else isa.NONE
    calls.change_directory_entry(asm, directory)
    calls.edit_inodes(asm, hashed=False)
    calls.open_and_close_file(asm)
    calls.change_directory_entry(asm, directory)
    calls.edit_inodes(asm, hashed=False)
