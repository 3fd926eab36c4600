"""Global lists of inodes and of dentries, each under one spin lock (OSDI'10 section 4.7).

Making a socket makes an inode and a dentry for it and links them into lists of all inodes
(inode_lock) and dentries (dcache_lock); ending it unlinks them.

    locked    Link and unlink under the list's one spin lock, whose line moves each time.
    avoided   Take the lock only where necessary: a socket's inode and dentry are on no list that
              anyone walks, and nothing is done for them.
    per_core  (inodes) Each core has a list and a lock of its own, and links there. An inode is
              unlinked from the list that it is on: by the core that made it, as the workloads here
              have it. Who walks all inodes takes every lock.

Inodes of files: file_inodes.py. Not modelled: the lists of files' dentries, which stay cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

from pydantic import Field

from sim.engine.isa import R_CORE
from sim.kernel.table import Fix, KernelObject, strategy
from sim.settings import Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler


class ObjectListSettings(KernelObject):
    """A global list of objects, under one spin lock."""

    hold_cycles: Cycles = Field(description="cycles from acquisition to release, uncontended")


class InodeLists(ObjectListSettings):
    """The global list of inodes (inode_lock)."""

    key: ClassVar[str] = "inode_lists"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "inode_lists": Fix(
            "sharing",
            "locked",
            "avoided",
            "the global lists of inodes are locked only where necessary",
        )
    }


class DentryLists(ObjectListSettings):
    """The global list of dentries (dcache_lock)."""

    key: ClassVar[str] = "dcache_lists"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "dcache_lists": Fix(
            "sharing",
            "locked",
            "avoided",
            "the global lists of dentries are locked only where necessary",
        )
    }


class ObjectList(Protocol):
    """A list that objects are linked into."""

    def edit(self, asm: Assembler) -> None:
        """Emit adding or removing one entry."""


@strategy(InodeLists, "locked")
@strategy(DentryLists, "locked")
class LockedObjectList:
    """link and unlink under the list's one spin lock."""

    def __init__(self, context: KernelContext, settings: ObjectListSettings) -> None:
        self.name, self.hold_cycles = settings.key, settings.hold_cycles
        self.lock = context.locks.spin()

    def edit(self, asm: Assembler) -> None:
        """Emit adding or removing one entry."""
        with asm.at(self.name):
            self.lock.acquire(asm)
            asm.compute(self.hold_cycles)
            self.lock.release(asm)


@strategy(InodeLists, "per_core")
class PerCoreInodeLists:
    """a list of each core under its own spin lock."""

    def __init__(self, context: KernelContext, settings: ObjectListSettings) -> None:
        self.name, self.hold_cycles = settings.key, settings.hold_cycles
        self.lock = context.locks.spin_of_each_core()

    def edit(self, asm: Assembler) -> None:
        """Emit adding or removing one entry of the core's own list."""
        with asm.at(self.name):
            self.lock.acquire(asm, R_CORE)
            asm.compute(self.hold_cycles)
            self.lock.release(asm, R_CORE)


@strategy(InodeLists, "avoided")
@strategy(DentryLists, "avoided")
class AvoidedObjectList:
    """leave the list alone: nobody looks for a socket's objects there."""

    def __init__(self, context: KernelContext, settings: ObjectListSettings) -> None:
        pass

    def edit(self, asm: Assembler) -> None:
        """Emit nothing."""
