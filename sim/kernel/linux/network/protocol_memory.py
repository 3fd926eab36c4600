"""How much memory a protocol's queued packets use (tcp_memory_allocated, udp_memory_allocated).

Received packets are charged to a counter of the whole protocol when they are queued at a socket,
and released when the application has read them, a page at a time (OSDI'10 section 4.3). Stock
Linux has one atomic word that all cores write; PK (`protocol_memory`) a sloppy counter. The pages
are charged at random packets, so that cores do not march in step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.kernel.linux.reference_count import ReferenceCount
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.config.schema.kernel import SloppyCounter as SloppySettings
    from sim.config.schema.network import ProtocolMemory as MemorySettings

OBJECT = "protocol_memory"


class ProtocolMemory:
    """The counter of the one protocol that a workload uses."""

    def __init__(
        self,
        asm: Assembler,
        settings: MemorySettings,
        cores: int,
        sloppy: SloppySettings | None,
    ) -> None:
        self.packets = settings.packets_per_update
        self.pages = ReferenceCount(asm, OBJECT, cores, 1, sloppy)

    def receive(self, asm: Assembler) -> None:
        """Emit what one received packet does with the counter."""
        done = Label()
        with asm.registers(1) as (left,):
            asm.emit(isa.DRAW, dst=left, value=self.packets)
            asm.branch(left, isa.AT_LEAST, 1, done)
        self.pages.get(asm, isa.NONE)
        self.pages.put(asm, isa.NONE)
        asm.place(done)
