"""Mount point table (vfsmount_lock): Figure 1's worst bottleneck of Exim (OSDI'10 section 4.5).

Every path lookup asks the table several times which file system is mounted on a directory.

    global_lock   One table under one spin lock. A lookup sees every mount that returned before it.
                  Each lookup moves the lock's line twice, and waits for all that came first:

                      core 0   lock [ look up ] unlock
                      core 1   lock ........... line moves [ look up ] unlock

                  With ticket locks the hand-off grows with the waiters, and it collapses.
    per_core      Each core has a cache of the table. A lookup sees every mount, because mounting
                  clears all caches first. After the first miss it touches no line of others:

                      core 0   [ own cache ]   [ own cache ]
                      core 1   [ own cache ]   [ own cache ]

Not modelled: filling the caches, and mount and umount, which would pay for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.kernel.table import Fix, KernelObject, strategy
from sim.settings import Count, Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler


class MountTable(KernelObject):
    """Mount point table (vfsmount_lock) and its per-core cache."""

    key: ClassVar[str] = "vfsmount_table"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "vfsmount_table": Fix(
            "sharing", "global_lock", "per_core", "each core caches the mount point table"
        )
    }

    hold_cycles: Cycles = Field(description="cycles from acquisition to release, uncontended")
    lookups_per_path: Count = Field(description="table lookups of one path lookup")
    cached_lookup_cycles: Cycles = Field(description="lookup in the per-core cache (PK)")


@strategy(MountTable, "global_lock")
class GlobalMountTable:
    """one table under one spin lock."""

    def __init__(self, context: KernelContext, table: MountTable) -> None:
        self.table = table
        self.lock = context.locks.spin()

    def look_up(self, asm: Assembler) -> None:
        """Emit the lookups of one path, each with the lock held."""
        with asm.at(MountTable.key), asm.repeat(self.table.lookups_per_path):
            self.lock.acquire(asm)
            asm.compute(self.table.hold_cycles)
            self.lock.release(asm)


@strategy(MountTable, "per_core")
class PerCoreMountTable:
    """a cache of the table on each core."""

    def __init__(self, context: KernelContext, table: MountTable) -> None:
        self.table = table

    def look_up(self, asm: Assembler) -> None:
        """Emit the lookups of one path, served by the core's own cache."""
        with asm.at(MountTable.key):
            asm.compute(self.table.lookups_per_path * self.table.cached_lookup_cycles)
