"""Address spaces of later kernels: mmap_lock whose waiters spin, and a lock of each region (VMA).

The regions of a process are one list for all its threads, as ever (address_space.py); what changed
after 2010 is how they wait for it, and what a page fault takes.

    mmap_lock   A fault takes the read side of the address space's semaphore and drops it. The
                semaphore's waiters spin (optimistic_rw_semaphore.py, Linux 5.3), and taking its
                read side swaps the count's line twice where others read:

                    core 0   swap [ fault ] drop
                    core 1   swap: fails, swap: line moves [ fault ] drop: line moves

                munmap holds the write side while it changes the list, and the read side while it
                frees pages and has other cores forget them (dd2283f2605e, Linux 4.20).
    per_vma     A fault takes the lock of the region that it is in, and nothing of the address space
                (Linux 6.4). Threads that fault in regions of their own share no line; those in one
                region meet at its lock as they met at mmap_lock:

                    core 0   own region: swap [ fault ] drop
                    core 1   own region: swap [ fault ] drop

                Changes take mmap_lock's write side, and then the region's.

Not modelled: the search in the list of regions, which only reads (a tree of maples from 6.1 on,
under RCU for faults); a fault that finds its region being written and falls back to mmap_lock; the
region's sequence count, and its reference count instead of a semaphore (6.15 or so), which is
swapped and dropped likewise; counters of resident pages, which each thread keeps and adds up after
64 faults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.objects.address_space import (
    OBJECT,
    REGIONS,
    AddressSpace,
    Emit,
    SharedAddressSpace,
    leave,
)
from sim.kernel.table import strategy
from sim.sync.optimistic_rw_semaphore import OptimisticRwSemaphore

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

REGION = "vma_lock"
LOCK_UPDATES = 3  # taking a contended read side, and dropping it


@strategy(AddressSpace, "mmap_lock")
class UnderMmapLock(SharedAddressSpace):
    """one list of regions under a semaphore whose waiters spin."""

    def __init__(self, context: KernelContext, space: AddressSpace) -> None:
        self.list = OptimisticRwSemaphore(context.asm, context.site.cores)
        super().__init__(context, self.list, LOCK_UPDATES)

    def unmap(self, asm: Assembler, free: Emit = leave) -> None:
        """Emit munmap: the list under the write side, shootdown and freeing under the read side."""
        with asm.at(OBJECT):
            self.list.acquire(asm)
            self.write_region(asm)
            with asm.at(REGIONS):
                asm.compute(self.unmap_cycles)
            self.list.downgrade(asm)
            self.tlb.invalidate(asm)
            free(asm)
            self.list.release_read(asm)

    def open_change(self, asm: Assembler, *, unmap: bool) -> None:
        """Emit taking the write side, where a region goes its own, too."""
        self.list.acquire(asm)
        if unmap:
            self.write_region(asm)

    def ease_change(self, asm: Assembler) -> None:
        """Emit letting readers in."""
        self.list.downgrade(asm)

    def close_change(self, asm: Assembler, *, unmap: bool) -> None:
        """Emit dropping the side that is held."""
        if unmap:
            self.list.release_read(asm)
        else:
            self.list.release(asm)

    def write_region(self, asm: Assembler) -> None:
        """Emit keeping faults out of the region that goes: mmap_lock does."""


@strategy(AddressSpace, "per_vma")
class UnderRegionLock(UnderMmapLock):
    """a lock of each region for faults, mmap_lock for changes."""

    def __init__(self, context: KernelContext, space: AddressSpace) -> None:
        super().__init__(context, space)
        cores = context.site.cores
        if context.population.one_region:
            self.region, self.own = OptimisticRwSemaphore(context.asm, cores), isa.NONE
            return
        with context.asm.for_each_core():
            self.region, self.own = OptimisticRwSemaphore(context.asm, cores, cores), R_CORE

    def enter_fault(self, asm: Assembler) -> None:
        """Emit the start of a fault: take the read side of the region's lock."""
        with asm.at(REGION):
            self.region.acquire_read(asm, self.own)

    def leave_fault(self, asm: Assembler) -> None:
        """Emit the end of a fault: drop it."""
        with asm.at(REGION):
            self.region.release_read(asm, self.own)

    def write_region(self, asm: Assembler) -> None:
        """Emit waiting until nobody faults in the region, and marking it (vma_start_write)."""
        with asm.at(REGION):
            self.region.acquire(asm, self.own)
            self.region.release(asm, self.own)
