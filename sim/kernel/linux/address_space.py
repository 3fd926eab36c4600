"""The address space of a process whose threads fault together (struct mm, mmap_sem).

A page fault reads the list of memory regions under a reader-writer lock, mmap_sem. Readers do not
exclude each other, but taking and dropping the lock writes its line, and so do the counters that
lie beside it: with threads on many cores that one line limits the rate of faults (OSDI'10
sections 5.7 and 5.8). Processes have an address space each and share none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.assembler import Assembler
from sim.sync.rw_lock import RwLock

if TYPE_CHECKING:
    from sim.config.schema.kernel import AddressSpace

OBJECT = "mmap_sem"
LOCK_UPDATES = 2  # taking the read side and dropping it


class SharedAddressSpace:
    """One address space that the threads of all active cores fault in."""

    def __init__(self, asm: Assembler, settings: AddressSpace) -> None:
        self.region_list = RwLock(asm)
        self.counters = self.region_list.word + 1
        self.updates = max(settings.touches - LOCK_UPDATES, 0)

    def enter_fault(self, asm: Assembler) -> None:
        """Emit the start of a fault: find the region under the read side of mmap_sem."""
        with asm.at(OBJECT):
            self.region_list.acquire_read(asm)

    def leave_fault(self, asm: Assembler) -> None:
        """Emit the end of a fault: update the counters beside the lock, and drop it."""
        with asm.at(OBJECT):
            for _ in range(self.updates):
                asm.emit(isa.FETCH_ADD, address=self.counters, value=1)
            self.region_list.release_read(asm)
