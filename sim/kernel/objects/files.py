"""System calls on files: stat, open, close, dup, and what of them meets other cores.

A call resolves its path to the last component, uses that one's dentry (lockref.py), and where it
opens the file, a descriptor (file_table.py) and the inode's count (inode_writers.py). What it does
besides - entering the kernel, copying the name, struct file, permissions - is work of its own core.

Not modelled: the file's data, security modules with counts of their own, and tasks that are woken
to end files later (fput runs at once).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.kernel.objects.file_table import FileTables
from sim.kernel.objects.inode_writers import Openers
from sim.kernel.objects.lockref import Lockref
from sim.kernel.table import KernelObject
from sim.settings import Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.kernel.objects.lockref import LastDentry
    from sim.program.assembler import Assembler

CALLS = "file_calls"


class FileCalls(KernelObject):
    """What system calls on files do on their own core."""

    key: ClassVar[str] = "file_calls"

    stat_cycles: Cycles = Field(description="stat of a file, beside its path and its dentry")
    open_cycles: Cycles = Field(
        description="open and close of a file, beside its path, dentry, descriptor and inode"
    )
    dup_cycles: Cycles = Field(description="dup and close of a descriptor, beside the table's lock")


class Files:
    """The files of a workload: one for all cores, or one of each."""

    def __init__(self, context: KernelContext) -> None:
        self.context, self.settings = context, context.settings(FileCalls)

    @cached_property
    def dentry(self) -> LastDentry:
        """Dentry of the last component."""
        made: LastDentry = self.context.make(Lockref)
        return made

    @cached_property
    def tables(self) -> FileTables:
        """Tables of descriptors."""
        return FileTables(self.context)

    @cached_property
    def openers(self) -> Openers:
        """Counts of those that have a file open."""
        return Openers(self.context)

    def stat(self, asm: Assembler) -> None:
        """Emit asking for a file's status, once its path is resolved to the last component."""
        self.dentry.look_up(asm)
        self.dentry.get(asm)
        with asm.at(CALLS):
            asm.compute(self.settings.stat_cycles)
        self.dentry.put(asm)

    def open_and_close(self, asm: Assembler) -> None:
        """Emit opening a file for writing, and closing it again."""
        pairs = self.context.settings(Lockref).pairs_per_open
        self.tables.edit(asm)
        self.dentry.look_up(asm)
        with asm.repeat(pairs):
            self.dentry.get(asm)
        self.openers.opened(asm)
        with asm.repeat(pairs - 1):
            self.dentry.put(asm)
        with asm.at(CALLS):
            asm.compute(self.settings.open_cycles)
        self.tables.edit(asm)
        self.openers.closed(asm)
        with asm.repeat(min(pairs, 1)):
            self.dentry.put(asm)

    def duplicate_and_close(self, asm: Assembler) -> None:
        """Emit duplicating a descriptor, and closing it again."""
        with asm.at(CALLS):
            asm.compute(self.settings.dup_cycles)
        self.tables.edit(asm)
        self.tables.edit(asm)
