"""Inodes of a file system's files: the list of all of them, and the hash that finds them.

An inode that comes into memory, because its file is made or looked at, is put on its file system's
list (s_inodes), and leaves it when the file is removed or the memory is wanted. The list's ends are
touched each time, so that the lines of the inodes beside are fetched from other cores:

    locked     One list under one spin lock (s_inode_list_lock), in Linux since 4.1.
    per_core   Each core has a list and a lock of its own; an inode leaves the list that it is on.
               Proposed for Linux in 2016 and 2023, and not merged at 6.7.

                   core 0   own lock [ link ] unlock
                   core 1   own lock [ link ] unlock

File systems that have no index of their own for inodes in memory (ext4; XFS has one) find them in a
hash table:

    locked     All chains under one spin lock (inode_hash_lock), held while a chain is searched.
    buckets    Each chain has a lock bit of its own (D. Chinner, *vfs: inode hash table
               conversion*, proposed in 2021 and 2023): who meets at one must have drawn the same.

Not modelled: an inode that leaves on another core than it came on, the lists' readers, and lookups
that find an inode (without the lock since 6.11, for file systems that ask for it).
Source: Linux 5.10 and 6.7 fs/inode.c.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Protocol

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.table import Fix, KernelObject, strategy
from sim.settings import Count, Cycles, Settings

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler


class FileInodes(KernelObject):
    """The list of a file system's inodes (s_inodes)."""

    key: ClassVar[str] = "file_inodes"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "per_core_inode_lists": Fix(
            "sharing",
            "locked",
            "per_core",
            "each core has a list of a file system's inodes with a lock of its own",
        )
    }

    hold_cycles: Cycles = Field(description="linking or unlinking an inode, under the list's lock")
    lines: Count = Field(
        description="lines under the one lock that another core wrote last: the inodes beside"
    )


class InodeHash(KernelObject):
    """The hash table of inodes in memory (inode_hash)."""

    key: ClassVar[str] = "inode_hash"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "inode_hash_buckets": Fix(
            "sharing", "locked", "buckets", "each chain of the inode hash has a lock of its own"
        )
    }

    hold_cycles: Cycles = Field(
        description="searching a chain and linking or unlinking an inode, under the lock"
    )


class Buckets(Settings):
    """Chains of the hash table, each under its own lock."""

    buckets: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] = Field(
        description="chains that inodes are spread over"
    )


class Index(Protocol):
    """What inodes in memory are put into, and taken out of."""

    def edit(self, asm: Assembler) -> None:
        """Emit putting an inode in, or taking one out."""


@strategy(FileInodes, "locked")
class OneList:
    """one list under one spin lock."""

    def __init__(self, context: KernelContext, settings: FileInodes) -> None:
        self.settings, self.lock = settings, context.locks.spin()

    def edit(self, asm: Assembler) -> None:
        """Emit putting an inode onto the list, or taking one off."""
        with asm.at(FileInodes.key):
            self.lock.acquire(asm)
            asm.emit(isa.BULK, value=self.settings.lines)
            asm.compute(self.settings.hold_cycles)
            self.lock.release(asm)


@strategy(FileInodes, "per_core")
class ListOfEachCore:
    """a list of each core under its own spin lock."""

    def __init__(self, context: KernelContext, settings: FileInodes) -> None:
        self.hold_cycles, self.lock = settings.hold_cycles, context.locks.spin_of_each_core()

    def edit(self, asm: Assembler) -> None:
        """Emit putting an inode onto the core's own list, or taking one off."""
        with asm.at(FileInodes.key):
            self.lock.acquire(asm, R_CORE)
            asm.compute(self.hold_cycles)
            self.lock.release(asm, R_CORE)


@strategy(InodeHash, "locked")
class OneLock:
    """all chains under one spin lock."""

    def __init__(self, context: KernelContext, settings: InodeHash) -> None:
        self.hold_cycles, self.lock = settings.hold_cycles, context.locks.spin()

    def edit(self, asm: Assembler) -> None:
        """Emit putting an inode into the hash, or taking one out."""
        with asm.at(InodeHash.key):
            self.lock.acquire(asm)
            asm.compute(self.hold_cycles)
            self.lock.release(asm)


@strategy(InodeHash, "buckets", numbers=Buckets)
class LockOfEachChain:
    """a lock of each chain."""

    def __init__(self, context: KernelContext, settings: InodeHash) -> None:
        self.buckets: int = settings.buckets  # type: ignore[attr-defined]
        self.hold_cycles, self.lock = settings.hold_cycles, context.locks.spin(self.buckets)

    def edit(self, asm: Assembler) -> None:
        """Emit putting an inode into a chain, or taking one out."""
        with asm.at(InodeHash.key), asm.registers(1) as (chain,):
            asm.emit(isa.DRAW, dst=chain, value=self.buckets)
            self.lock.acquire(asm, chain)
            asm.compute(self.hold_cycles)
            self.lock.release(asm, chain)
