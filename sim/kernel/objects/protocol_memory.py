"""How much memory a protocol's queued packets use (tcp_memory_allocated, udp_memory_allocated).

Received packets are charged to a counter of the whole protocol when they are queued at a socket,
and released when the application has read them, a page at a time (OSDI'10 section 4.3);
reference_count.py has the ways of counting of 2010. `batched` is a reserve of each core, which goes
to the counter when it has come to so many pages, up or down (batched_count.py; 3cd3399dd7a8, Linux
6.0 or so): a core that charges and releases by turns never does. The pages are charged at random
packets, so that cores do not march in step.

Not modelled: the limit that the counter is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.kernel.objects.batched_count import BatchedCount, in_turn
from sim.kernel.objects.reference_count import Counting, ReferenceCount
from sim.kernel.table import Fix, KernelObject
from sim.settings import Count, PositiveCount

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

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

    counter: Literal[Counting, "batched"] = Field(
        description="how cores share the counter: one atomic word, sloppy, or in batches"
    )
    reserve_pages: Count = Field(
        default=0, description="pages that a core keeps to itself where the counter is batched"
    )
    packets_per_update: PositiveCount = Field(
        description="received packets for which a page is charged, and released, once"
    )


class MemoryCounter:
    """The counter of the one protocol that a workload uses."""

    def __init__(self, context: KernelContext) -> None:
        settings = context.settings(ProtocolMemory)
        self.packets = settings.packets_per_update
        self.reserves: BatchedCount | None = None
        if settings.counter == "batched":
            self.reserves = BatchedCount(context, settings.reserve_pages)
        else:
            self.pages = ReferenceCount(context, OBJECT, settings.counter)

    def receive(self, asm: Assembler) -> None:
        """Emit what one received packet does with the counter."""
        with in_turn(asm, self.packets):
            if self.reserves is None:
                self.pages.get(asm, isa.NONE)
                self.pages.put(asm, isa.NONE)
                return
            with asm.at(OBJECT):
                self.reserves.change(asm, 1)
                self.reserves.change(asm, -1)
