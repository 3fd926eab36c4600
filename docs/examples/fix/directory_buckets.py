"""Directory buckets: a mutex for each bucket of a directory's entries, in place of one for all.

Two entries of one directory meet only where their names fall into one bucket of its hash table. The
bucket's own lines move with its mutex, as many as with the directory's.

    core 0   lock bucket 3 [ change ] unlock
    core 1   lock bucket 8 [ change ] unlock

Source: the directories of sv6 (Clements et al., The Scalable Commutativity Rule, SOSP 2013,
section 6). Not modelled: operations on a whole directory, which visit every bucket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from sim.engine import isa
from sim.kernel.objects.inode import Directory
from sim.kernel.table import strategy
from sim.settings import PositiveCount, Settings

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler


class Buckets(Settings):
    """Numbers of a directory in buckets."""

    buckets: PositiveCount = Field(description="buckets of a directory's entries")


@strategy(Directory, "buckets", numbers=Buckets, fix="directory_buckets", instead_of="mutex")
class DirectoryBuckets:
    """each bucket of a directory's entries has a mutex of its own."""

    def __init__(self, context: KernelContext, directory: Any) -> None:
        self.directory = directory
        self.mutexes = context.locks.mutex(context.population.directories * directory.buckets)

    def update(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Emit one change of a random name in the directory whose number is in a register."""
        with asm.at("directory"), asm.registers(1) as (bucket,):
            asm.emit(isa.DRAW, dst=bucket, value=self.directory.buckets)
            if index != isa.NONE:
                asm.emit(isa.ADD, dst=bucket, source=index, value=self.directory.buckets)
            self.mutexes.acquire(asm, bucket)
            asm.emit(isa.BULK, value=self.directory.lines)
            asm.compute(self.directory.hold_cycles)
            self.mutexes.release(asm, bucket)
