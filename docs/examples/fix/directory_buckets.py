"""Directory buckets: a mutex for each bucket of a directory's entries, in place of one for all.

Two entries of one directory meet only where their names fall into one bucket of its hash table
(`directory_buckets`). The bucket's own lines move with its mutex, as many as with the directory's.
Source: the directories of sv6 (Clements et al., The Scalable Commutativity Rule, SOSP 2013,
section 6). Not modelled: operations on a whole directory, which visit every bucket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.kernel.linux.inode_mutex import InodeMutex
from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.config.schema.kernel import Directory
    from sim.kernel.linux.locks import KernelLocks


class DirectoryBuckets:
    """Buckets of `count` directories; bucket b of directory d has mutex d * buckets + b."""

    def __init__(self, asm: Assembler, settings: Directory, locks: KernelLocks, count: int) -> None:
        self.buckets = settings.buckets
        self.mutexes = InodeMutex(asm, "directory", settings, locks, count * self.buckets)

    def update(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Emit one change of a random name in the directory whose number is in a register."""
        with asm.registers(1) as (bucket,):
            asm.emit(isa.DRAW, dst=bucket, value=self.buckets)
            if index != isa.NONE:
                asm.emit(isa.ADD, dst=bucket, source=index, value=self.buckets)
            self.mutexes.update(asm, bucket)
