"""Settings of translation look-aside buffers and of address-space changes."""

from __future__ import annotations

from pydantic import Field

from sim.config.schema.settings import Cycles, Settings


class Tlb(Settings):
    """Costs of a TLB shootdown by interprocessor interrupts."""

    ipi_cycles: Cycles = Field(description="sending one interprocessor interrupt, sends in a row")
    trap_cycles: Cycles = Field(description="taking the interrupt and returning from it")
    invalidate_cycles: Cycles = Field(description="invalidating one translation")


class MemoryMap(Settings):
    """Changes of an address space's list of memory regions, under mmap_sem for writing."""

    map_cycles: Cycles = Field(description="mmap: finding room and adding a region")
    unmap_cycles: Cycles = Field(
        description="munmap: removing a region and its page tables, without the TLB shootdown"
    )
