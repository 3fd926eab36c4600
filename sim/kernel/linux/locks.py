"""The locks of Linux's objects, of the kinds that a kernel's settings choose.

Linux 2.6.35 has ticket spin locks and adaptive mutexes. Another choice replaces them in every
object at once, as *Non-scalable locks are dangerous* (Boyd-Wickizer, Kaashoek, Morris, Zeldovich,
Ottawa Linux Symposium 2012) did with MCS locks: would a better lock have been enough? Preemption is
off while a spin lock is held, so that a queue lock has a node per core. Not modelled: a spin lock's
size in its object; a line of its own is counted whatever the kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.program.assembler import Assembler
from sim.sync.adaptive_mutex import AdaptiveMutex
from sim.sync.lock import Lock
from sim.sync.queued_mutex import QueuedMutex
from sim.sync.spin_locks import SpinLocks

if TYPE_CHECKING:
    from sim.config.schema.kernel import LinuxKernel
    from sim.machine.site import Site


class KernelLocks:
    """Makes the spin locks and mutexes of one kernel on a site's cores."""

    def __init__(self, kernel: LinuxKernel, site: Site) -> None:
        self.spin_locks = SpinLocks(kernel.locks.spin, kernel.locks, site.cores, 1 + max(site.dies))
        self.mutex_kind = kernel.locks.mutex
        self.spin_cycles = kernel.objects.mutex.spin_cycles
        self.cores = site.cores

    def spin(self, asm: Assembler, count: int = 1) -> Lock:
        """Make `count` spin locks, each of which an index names."""
        return self.spin_locks.make(asm, count)

    def spin_for_each_core(self, asm: Assembler, divided: bool) -> Lock:
        """Make one spin lock for all cores or, if divided, one for each, which its number names."""
        with asm.for_each_core(divided):
            return self.spin(asm, self.cores if divided else 1)

    def mutex(self, asm: Assembler, count: int = 1) -> Lock:
        """Make `count` mutexes, each of which an index names."""
        if self.mutex_kind == "queued":
            return QueuedMutex(asm, self.spin_cycles, self.cores, count)
        return AdaptiveMutex(asm, self.spin_cycles, count)
