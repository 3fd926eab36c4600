"""Mount point table (vfsmount_lock): Figure 1's worst bottleneck of Exim (OSDI'10 section 4.5).

Every path lookup asks the table several times which file system is mounted on a directory. Stock
Linux guards it by one global spin lock, a ticket lock: it collapses once enough cores wait,
because each hand-off grows with the waiters. PK caches the table per core, and after the first
miss a lookup touches no shared line. Not modelled: filling the caches, and mount and umount.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.config.schema.kernel import MountTable
    from sim.kernel.linux.locks import KernelLocks

OBJECT = "vfsmount_table"


class GlobalMountTable:
    """Stock: one table under one spin lock."""

    def __init__(self, asm: Assembler, table: MountTable, locks: KernelLocks) -> None:
        self.table = table
        self.lock = locks.spin(asm)

    def look_up(self, asm: Assembler) -> None:
        """Emit the lookups of one path, each with the lock held."""
        with asm.at(OBJECT), asm.repeat(self.table.lookups_per_path):
            self.lock.acquire(asm)
            asm.compute(self.table.hold_cycles)
            self.lock.release(asm)


class PerCoreMountTable:
    """PK (`vfsmount_table`): a cache of the table on each core."""

    def __init__(self, table: MountTable) -> None:
        self.table = table

    def look_up(self, asm: Assembler) -> None:
        """Emit the lookups of one path, served by the core's own cache."""
        with asm.at(OBJECT):
            asm.compute(self.table.lookups_per_path * self.table.cached_lookup_cycles)
