"""Address spaces (struct mm, mmap_sem): of a process alone, or shared by threads on all cores.

A page fault reads the list of memory regions under a reader-writer semaphore, mmap_sem; mmap and
munmap hold it for writing. Readers do not exclude each other, but taking and dropping the
semaphore writes its line, and so do the counters that lie beside it: with threads on many cores
that one line limits the rate of faults. Writers exclude everybody, whoever waits sleeps, and
munmap keeps the semaphore until all cores have acknowledged that they forgot the translation.
Processes have an address space each and share none of it (OSDI'10 sections 5.7 and 5.8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.kernel.linux.locks import KernelLocks
from sim.kernel.linux.tlb import Shooter, make_shootdown
from sim.program.assembler import Assembler
from sim.sync.rw_semaphore import RwSemaphore

if TYPE_CHECKING:
    from sim.config.schema.kernel import KernelObjects, LinuxKernel
    from sim.kernel.linux.page_fault import PageFaults
    from sim.machine.site import Site

OBJECT = "mmap_sem"
REGIONS = "address_space"
LOCK_UPDATES = 2  # taking the read side and dropping it


class PrivateAddressSpace:
    """An address space per core: nobody else locks it, and no other core caches its pages."""

    def __init__(self, objects: KernelObjects) -> None:
        self.map_cycles = objects.memory_map.map_cycles
        self.unmap_cycles = objects.memory_map.unmap_cycles

    def fault(self, asm: Assembler, faults: PageFaults, pages: int, remote: float) -> None:
        """Emit faults on fresh pages."""
        faults.fault(asm, pages, remote)

    def enter_fault(self, asm: Assembler) -> None:
        """Emit the start of a fault: nothing is shared."""

    def leave_fault(self, asm: Assembler) -> None:
        """Emit the end of a fault: nothing is shared."""

    def map(self, asm: Assembler) -> None:
        """Emit mmap."""
        with asm.at(REGIONS):
            asm.compute(self.map_cycles)

    def unmap(self, asm: Assembler) -> None:
        """Emit munmap."""
        with asm.at(REGIONS):
            asm.compute(self.unmap_cycles)


class SharedAddressSpace:
    """One address space that the threads of several cores fault and map in.

    Args:
        asm: program that its lines belong to.
        kernel: numbers of its objects, and kinds of its locks.
        site: machine and active cores.
        tlb: shootdown among the cores; default: among all, as the kernel chooses.
    """

    def __init__(
        self, asm: Assembler, kernel: LinuxKernel, site: Site, tlb: Shooter | None = None
    ) -> None:
        objects = kernel.objects
        self.region_list = RwSemaphore(asm, site.cores, KernelLocks(kernel, site).spin)
        self.counters = self.region_list.word + 1
        self.updates = max(objects.address_space.touches - LOCK_UPDATES, 0)
        self.map_cycles = objects.memory_map.map_cycles
        self.unmap_cycles = objects.memory_map.unmap_cycles
        self.tlb = tlb or make_shootdown(site, objects.shootdown)

    def enter_fault(self, asm: Assembler) -> None:
        """Emit the start of a fault: find the region under the read side of mmap_sem."""
        with asm.at(OBJECT):
            self.region_list.acquire_read(asm)

    def leave_fault(self, asm: Assembler) -> None:
        """Emit the end of a fault: update the counters beside the semaphore, and drop it."""
        with asm.at(OBJECT):
            for _ in range(self.updates):
                asm.emit(isa.FETCH_ADD, address=self.counters, value=1)
            self.region_list.release_read(asm)

    def fault(self, asm: Assembler, faults: PageFaults, pages: int, remote: float) -> None:
        """Emit faults on fresh pages, each under the read side of mmap_sem."""
        with asm.repeat(pages):
            self.enter_fault(asm)
            faults.fault(asm, 1, remote)
            self.leave_fault(asm)

    def map(self, asm: Assembler) -> None:
        """Emit mmap under the write side of mmap_sem."""
        with asm.at(OBJECT):
            self.region_list.acquire(asm)
            with asm.at(REGIONS):
                asm.compute(self.map_cycles)
            self.region_list.release(asm)

    def unmap(self, asm: Assembler) -> None:
        """Emit munmap under the write side of mmap_sem, TLB shootdown included."""
        with asm.at(OBJECT):
            self.region_list.acquire(asm)
            with asm.at(REGIONS):
                asm.compute(self.unmap_cycles)
            self.tlb.invalidate(asm)
            self.region_list.release(asm)
