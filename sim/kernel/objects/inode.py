"""Inodes that all cores change: a directory's, to edit its entries, and a file's, to append to it.

    mutex   The inode's adaptive mutex: while the owner runs, waiters spin, and each release makes
            all of them fetch the line, so the hand-off grows with the waiters. The critical section
            works on the inode's own lines (times, size, last page, entries), which the previous
            holder wrote on another core: they move with the mutex.

                core 0   lock [ fetch lines, change ] unlock
                core 1   lock .......................... line moves [ fetch lines, change ] unlock

    owned   The inode belongs to one core (owned.py), which changes it when a message asks for it:
            its lines never leave that core, and nobody spins.

Exim's residual bottleneck on PK is of this kind (OSDI'10 section 5.2: the spool directories; every
delivery also appends to one log file, section 3.1). How long an owner works on an inode is assumed
to be what a change takes under the mutex.

Not modelled: the file's pages and their writing to disk; what it costs to tell other cores'
replicas of a changed name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.kernel.objects.owned import OwnedByClusters, OwnedByCores, Updated
from sim.kernel.table import KernelObject, strategy
from sim.settings import Count, Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler


class Inode(KernelObject):
    """An inode's mutex, held to change what the inode describes."""

    name: ClassVar[str]

    hold_cycles: Cycles = Field(description="cycles from acquisition to release, uncontended")
    lines: Count = Field(
        description="lines inside the critical section that another core wrote last"
    )


class Directory(Inode):
    """A directory's inode mutex, held to create, link or unlink an entry."""

    key: ClassVar[str] = "directory"
    name: ClassVar[str] = "directory"


class FileAppend(Inode):
    """A file's inode mutex, held to append to it."""

    key: ClassVar[str] = "file_append"
    name: ClassVar[str] = "shared_file"


def population(context: KernelContext, inode: Inode) -> int:
    """How many inodes of its kind the workload changes."""
    return context.population.directories if isinstance(inode, Directory) else 1


@strategy(Directory, "mutex")
@strategy(FileAppend, "mutex")
class UnderMutex:
    """changed under the inode's mutex by whichever core wants it."""

    def __init__(self, context: KernelContext, inode: Inode) -> None:
        self.context, self.name, self.inode = context, inode.name, inode
        self.mutex = context.locks.mutex(population(context, inode))

    def update(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Emit one change under the mutex of the inode whose number is in a register."""
        with asm.at(self.name):
            self.mutex.acquire(asm, index)
            self.context.fetch_lines(asm, self.inode.lines)
            asm.compute(self.inode.hold_cycles)
            self.mutex.release(asm, index)


@strategy(Directory, "owned", by_cluster=True)
@strategy(FileAppend, "owned", by_cluster=True)
def owned(context: KernelContext, inode: Inode) -> Updated:
    """changed by the one core, or by cores of the one cluster, that it belongs to."""
    count, work = population(context, inode), inode.hold_cycles
    if context.clusters.are_cores:
        return OwnedByCores(context, inode.name, work, count)
    if context.clusters.are_one:
        return UnderMutex(context, inode)
    return OwnedByClusters(context, inode.name, work, inode.lines, count)
