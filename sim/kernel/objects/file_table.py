"""A process's table of open files (files_struct): descriptors, and the lock they are handed out by.

Opening or duplicating a file finds a free descriptor, and closing gives it back, each under the
table's spin lock (file_lock). Threads share their process's table and meet at its lock, whatever
files they open; processes have a table each:

    core 0   lock [ find a descriptor ] unlock   lock [ give it back ] unlock
    core 1   lock ................... line moves [ find a descriptor ] unlock

A file itself (struct file) is of whoever opened it; its references do not move here.

Not modelled: tables that grow, and readers, who look a descriptor up without the lock (RCU).
Source: Linux 5.10 fs/file.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.table import KernelObject
from sim.settings import Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler


class FileTable(KernelObject):
    """A process's table of open files (files_struct)."""

    key: ClassVar[str] = "file_table"

    hold_cycles: Cycles = Field(
        description="finding a free descriptor or giving one back, under the table's lock"
    )


class FileTables:
    """The table of one process's threads, or of a process on each core."""

    def __init__(self, context: KernelContext) -> None:
        self.hold_cycles = context.settings(FileTable).hold_cycles
        if context.population.shared_address_space:
            self.lock, self.own = context.locks.spin(), isa.NONE
        else:
            self.lock, self.own = context.locks.spin_of_each_core(), R_CORE

    def edit(self, asm: Assembler) -> None:
        """Emit handing out one descriptor, or taking it back."""
        with asm.at(FileTable.key):
            self.lock.acquire(asm, self.own)
            asm.compute(self.hold_cycles)
            self.lock.release(asm, self.own)
