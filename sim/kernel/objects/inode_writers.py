"""How often an inode is open for writing (i_writecount), or for reading where that is measured.

Opening a file counts at its inode, and closing it counts back: one atomic word of each inode, so
that tasks that open one file meet there as well as at its dentry (lockref.py). It is increased
unless it is negative, which is a swap that is tried again, and decreased by an atomic add.

Not modelled: programs being executed, whose count is negative.
Source: Linux 5.10 include/linux/fs.h (get_write_access), fs/file_table.c (__fput).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.objects.reference_count import Counting, ReferenceCount
from sim.kernel.table import KernelObject

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler


class InodeWriters(KernelObject):
    """An inode's count of those that have it open (i_writecount)."""

    key: ClassVar[str] = "inode_writers"

    references: Counting = Field(description="how cores share an inode's count")


class Openers:
    """The counts of the one file's inode, or of each core's own."""

    def __init__(self, context: KernelContext) -> None:
        one = context.population.one_file
        self.own, files = (isa.NONE, 1) if one else (R_CORE, context.site.cores)
        counting = context.settings(InodeWriters).references
        with context.asm.for_each_core(divided=not one):
            self.count = ReferenceCount(context, InodeWriters.key, counting, files)

    def opened(self, asm: Assembler) -> None:
        """Emit counting one who opens the file."""
        self.count.get(asm, self.own)

    def closed(self, asm: Assembler) -> None:
        """Emit counting one back."""
        self.count.put(asm, self.own)
