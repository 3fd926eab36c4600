"""Settings of changes of an address space."""

from __future__ import annotations

from pydantic import Field

from sim.config.schema.settings import Cycles, Settings


class MemoryMap(Settings):
    """Changes of an address space's list of memory regions, under mmap_sem for writing."""

    map_cycles: Cycles = Field(description="mmap: finding room and adding a region")
    unmap_cycles: Cycles = Field(
        description="munmap: removing a region and its page tables, without the TLB shootdown"
    )
