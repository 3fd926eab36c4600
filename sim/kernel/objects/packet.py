"""Packets and connections: lines of them that another core wrote last (OSDI'10 section 5.3, 5.4).

    shared   Socket buffers, hash chains, timers and recycled sockets were last written by whichever
             core used them before, and are fetched from it.
    owned    They are made from memory and structures of the core's own, or of its cluster's; only a
             share of the lines (`kernel.foreign_lines`) comes from elsewhere.

Not modelled: waiting for one another at these lines; they are charged in bulk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.kernel.objects.foreign_lines import Fetched, from_any_core, from_own_cluster
from sim.kernel.table import KernelObject, strategy
from sim.settings import Count

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext


class Packet(KernelObject):
    """What a packet touches that other cores wrote, beside the objects of their own."""

    key: ClassVar[str] = "network.packet"

    shared_lines: Count = Field(
        description="lines last written by another core, per received or transmitted packet"
    )


class Connection(KernelObject):
    """What a TCP connection touches that other cores wrote."""

    key: ClassVar[str] = "network.connection"

    shared_lines: Count = Field(
        description="lines last written by another core, per connection: hash chains, TIME_WAIT "
        "and timer lists, recycled sockets"
    )
    packet_lines: Count = Field(
        description="lines of socket and packet that move, per packet, if another core than the "
        "application's processes the flow's packets"
    )


@strategy(Packet, "shared")
@strategy(Connection, "shared")
def shared(context: KernelContext, of: Packet | Connection) -> Fetched:
    """made from structures that any core wrote last."""
    return from_any_core(context, of.shared_lines)


@strategy(Packet, "owned", by_cluster=True)
@strategy(Connection, "owned", by_cluster=True)
def owned(context: KernelContext, of: Packet | Connection) -> Fetched:
    """made from structures of the core's own, or of its cluster's."""
    return from_own_cluster(context, of.shared_lines)
