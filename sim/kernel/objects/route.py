"""The routing-table entry of the clients (dst_entry) and its reference count (OSDI'10 4.3, 5.3).

Transmitting an IP packet takes a reference to the entry and drops it when the packet has left, so
all cores count at it twice per packet; reference_count.py has the ways of counting.

The routing cache of 2010 is gone since Linux 3.6, and the next hop keeps a copy of the entry for
each CPU, which its packets use (`per_core`). What keeps an entry for long, as a connected socket
does, may have another CPU's: then cores meet at one word as before.

Not modelled: more than one entry (the clients would spread over several), and looking the entry up,
which only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from sim.kernel.objects.reference_count import Counting
from sim.kernel.table import Fix, KernelObject


class Route(KernelObject):
    """The routing-table entry that all transmitted packets use."""

    key: ClassVar[str] = "network.dst_entry"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "dst_entry_refcount": Fix(
            "references",
            "shared",
            "sloppy",
            "reference counts of routing-table entries become sloppy counters",
        ),
        "rcuref": Fix(
            "references",
            "compare_and_swap",
            "rcuref",
            "references to routing-table entries are taken by one atomic add, not by swapping",
            alone=True,
        ),
        "per_core_routes": Fix(
            "references",
            "compare_and_swap",
            "per_core",
            "each core has a copy of the routing-table entry for packets that it sends",
            alone=True,
        ),
    }

    references: Counting = Field(
        description="how cores share the entry's reference count: one atomic word, one that is "
        "swapped (compare_and_swap) or added to (rcuref), a copy of each core, or sloppy"
    )
