"""The routing-table entry of the clients (dst_entry) and its reference count (OSDI'10 4.3, 5.3).

Transmitting an IP packet takes a reference to the entry and drops it when the packet has left, so
all cores count at it twice per packet; reference_count.py has the ways of counting. Whoever has a
reference also reads fields of the entry. Where they lie (`layout`):

    beside_reads   Fields behind the count (rt_genid, lwtstate) share its line, which each change of
                   the count takes from those that read them:

                       core 0   +1 ......... read  -1
                       core 1       +1  line moves ... read  -1

    padded         The count has a line of its own (d288a162dd1c, Linux 6.4), and each core keeps a
                   copy of the fields.
    unread         Nobody reads fields on its line: what is assumed of kernels whose papers do not
                   speak of it.

The routing cache of 2010 is gone since Linux 3.6, and the next hop keeps a copy of the entry for
each CPU, which its packets use (`per_core`). What keeps an entry for long, as a connected socket
does, may have another CPU's: then cores meet at one word as before.

Not modelled: more than one entry (the clients would spread over several), and looking the entry up,
which only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.objects.reference_count import Counting, ReferenceCount
from sim.kernel.table import Fix, KernelObject, strategy
from sim.settings import Count, Settings
from sim.sync.sloppy_counter import SloppyCounter

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

OBJECT = "dst_entry"


class Route(KernelObject):
    """The routing-table entry that all transmitted packets use."""

    key: ClassVar[str] = "network.dst_entry"
    choice: ClassVar[str] = "layout"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "dst_entry_refcount": Fix(
            "references",
            "shared",
            "sloppy",
            "reference counts of routing-table entries become sloppy counters",
        ),
        "rcuref": Fix(
            "references",
            "inc_not_zero",
            "rcuref",
            "references to routing-table entries are taken by one atomic add, not by swapping",
            alone=True,
        ),
        "dst_padding": Fix(
            "layout",
            "beside_reads",
            "padded",
            "the reference count of a routing-table entry has a cache line of its own",
            alone=True,
        ),
        "per_core_routes": Fix(
            "references",
            "inc_not_zero",
            "per_core",
            "each core has a copy of the routing-table entry for packets that it sends",
            alone=True,
        ),
    }

    references: Counting = Field(
        description="how cores share the entry's reference count: one atomic word, one that is "
        "swapped (inc_not_zero) or added to (rcuref), a copy of each core, or sloppy"
    )


class Neighbours(Settings):
    """Fields on the line of the reference count."""

    reads: Count = Field(
        default=0, description="times that one who has a reference reads them; 0 = none known"
    )


class RouteEntry(ReferenceCount):
    """The one entry, of which a packet takes a reference, reads fields, and drops it.

    Args:
        context: of the kernel.
        route: how cores share it.
        reads: of fields on the count's line.
    """

    def __init__(self, context: KernelContext, route: Route, reads: int = 0) -> None:
        super().__init__(context, OBJECT, route.references)
        self.reads = reads

    def use(self, asm: Assembler) -> None:
        """Emit what one packet does with the entry."""
        self.get(asm, isa.NONE)
        # a sloppy count's own line is hardly ever written
        if self.counter is not None and not isinstance(self.counter, SloppyCounter):
            fields = self.counter.word + 1
            index = R_CORE if self.own else isa.NONE
            with asm.at(OBJECT), asm.registers(1) as (field,):
                for _ in range(self.reads):
                    asm.emit(isa.LOAD, address=fields, index=index, dst=field)
        self.put(asm, isa.NONE)


@strategy(Route, "unread")
@strategy(Route, "padded")
def padded(context: KernelContext, route: Route) -> RouteEntry:
    """nobody reads a field on the line of the reference count."""
    return RouteEntry(context, route)


@strategy(Route, "beside_reads", numbers=Neighbours)
def beside_reads(context: KernelContext, route: Route) -> RouteEntry:
    """fields that are read lie on the line of the reference count."""
    return RouteEntry(context, route, route.reads)  # type: ignore[attr-defined]
