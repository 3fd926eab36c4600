"""The routing-table entry of the clients (dst_entry) and its reference count (OSDI'10 4.3, 5.3).

Transmitting an IP packet takes a reference to the entry and drops it when the packet has left.
Stock Linux counts them in one atomic word, which all cores write twice per packet; PK
(`dst_entry_refcount`) has a sloppy counter. Not modelled: more than one entry (the clients would
spread over several), and looking the entry up, which only reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.kernel.linux.reference_count import ReferenceCount

if TYPE_CHECKING:
    from sim.config.schema.kernel import SloppyCounter as SloppySettings
    from sim.program.assembler import Assembler

OBJECT = "dst_entry"


class DstEntry:
    """The entry that all transmitted packets use."""

    def __init__(self, asm: Assembler, cores: int, sloppy: SloppySettings | None) -> None:
        self.references = ReferenceCount(asm, OBJECT, cores, 1, sloppy)

    def transmit(self, asm: Assembler) -> None:
        """Emit what one transmitted packet does with the entry."""
        self.references.get(asm, isa.NONE)
        self.references.put(asm, isa.NONE)
