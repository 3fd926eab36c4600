"""How much memory a protocol's queued packets use (tcp_memory_allocated, udp_memory_allocated).

Received packets are charged to a counter of the whole protocol when they are queued at a socket,
and released when the application has read them, a page at a time (OSDI'10 section 4.3);
reference_count.py has the two ways of counting. The pages are charged at random packets, so that
cores do not march in step.

Not modelled: the limit that the counter is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.kernel.objects.reference_count import Counting, ReferenceCount
from sim.kernel.table import Fix, KernelObject
from sim.program.assembler import Assembler, Label
from sim.settings import PositiveCount

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext

OBJECT = "protocol_memory"


class ProtocolMemory(KernelObject):
    """Count of the memory that a protocol's queued packets use."""

    key: ClassVar[str] = "network.protocol_memory"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "protocol_memory": Fix(
            "counter",
            "shared",
            "sloppy",
            "counters of the memory that a protocol uses become sloppy counters",
        )
    }

    counter: Counting = Field(description="how cores share the counter: one atomic word, or sloppy")
    packets_per_update: PositiveCount = Field(
        description="received packets for which a page is charged, and released, once"
    )


class MemoryCounter:
    """The counter of the one protocol that a workload uses."""

    def __init__(self, context: KernelContext) -> None:
        settings = context.settings(ProtocolMemory)
        self.packets = settings.packets_per_update
        self.pages = ReferenceCount(context, OBJECT, settings.counter)

    def receive(self, asm: Assembler) -> None:
        """Emit what one received packet does with the counter."""
        done = Label()
        with asm.registers(1) as (left,):
            asm.emit(isa.DRAW, dst=left, value=self.packets)
            asm.branch(left, isa.AT_LEAST, 1, done)
        self.pages.get(asm, isa.NONE)
        self.pages.put(asm, isa.NONE)
        asm.place(done)
