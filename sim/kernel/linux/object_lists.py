"""Global lists of inodes and of dentries, each under one spin lock (OSDI'10 section 4.7).

Making a socket makes an inode and a dentry for it and links them into lists of all inodes
(inode_lock) and dentries (dcache_lock); ending it unlinks them. PK (`inode_lists`, `dcache_lists`)
takes these locks only where necessary, and a socket's are on no list that anyone walks. Not
modelled: the lists of files' inodes and dentries, which stay cached, and reclaiming them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.config.schema.kernel import Hold
    from sim.kernel.linux.locks import KernelLocks
    from sim.program.assembler import Assembler

INODES = "inode_lists"
DENTRIES = "dcache_lists"


class ObjectList:
    """One global list, charged to `name`; with the fix, it is left alone."""

    def __init__(
        self, asm: Assembler, name: str, settings: Hold, locks: KernelLocks, *, avoided: bool
    ) -> None:
        self.name = name
        self.hold_cycles = settings.hold_cycles
        self.avoided = avoided
        self.lock = locks.spin(asm)

    def edit(self, asm: Assembler) -> None:
        """Emit adding or removing one entry."""
        if self.avoided:
            return
        with asm.at(self.name):
            self.lock.acquire(asm)
            asm.compute(self.hold_cycles)
            self.lock.release(asm)
