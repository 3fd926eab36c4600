"""The locks of a kernel's objects, of the kinds that its settings choose.

Linux 2.6.35 has ticket spin locks and adaptive mutexes. Another choice replaces them in every
object at once, as *Non-scalable locks are dangerous* (Boyd-Wickizer, Kaashoek, Morris, Zeldovich,
Ottawa Linux Symposium 2012) did with MCS locks: would a better lock have been enough? Preemption is
off while a spin lock is held, so that a queue lock has a node per core. Not modelled: a spin lock's
size in its object; a line of its own is counted whatever the kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kernel.objects.mutex import Mutex
from sim.kernel.table import KernelTable
from sim.sync.adaptive_mutex import AdaptiveMutex
from sim.sync.lock import Lock
from sim.sync.queued_mutex import QueuedMutex
from sim.sync.spin_lock import SpinLocks

if TYPE_CHECKING:
    from sim.machine.site import Site
    from sim.program.assembler import Assembler
    from sim.sync.lock_kinds import Locks


class KernelLocks:
    """Makes the spin locks and mutexes of one kernel on a site's cores.

    Raises:
        ValueError: from every method, if the kernel has no locks.
    """

    def __init__(self, asm: Assembler, table: KernelTable, site: Site) -> None:
        self.asm, self.table, self.site = asm, table, site

    def spin(self, count: int = 1) -> Lock:
        """Make `count` spin locks, each of which an index names."""
        kinds: Locks = self.table.needed("locks")
        site = self.site
        return SpinLocks(kinds.spin, kinds, site.cores, 1 + max(site.dies)).make(self.asm, count)

    def spin_of_each_core(self) -> Lock:
        """Make a spin lock for each core, which its number names."""
        with self.asm.for_each_core():
            return self.spin(self.site.cores)

    def mutex(self, count: int = 1) -> Lock:
        """Make `count` mutexes, each of which an index names."""
        kinds: Locks = self.table.needed("locks")
        spin_cycles = self.table.settings(Mutex).spin_cycles
        if kinds.mutex == "queued":
            return QueuedMutex(self.asm, spin_cycles, self.site.cores, count)
        return AdaptiveMutex(self.asm, spin_cycles, count)
