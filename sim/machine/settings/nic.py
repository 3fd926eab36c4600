"""Settings of a machine's network card."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.settings import GigabitsPerSecond, Settings

Nanoseconds = Annotated[int, Field(ge=0, le=1_000_000_000, strict=True)]


class NetworkCard(Settings):
    """A card with a receive and a transmit queue per active core, or several of them.

    Receive and transmit engines work apart. A packet takes its engine's `_packet_ns` and its share
    of a descriptor transaction, which the packets of one burst on one queue have in common; a long
    packet takes its time on the wire if that is more.
    """

    name: str = Field(description="name of the card")
    cards: Annotated[int, Field(ge=1, le=4096, strict=True)] = Field(
        default=1, description="such cards, bonded: the packets are spread evenly over them"
    )
    receive_packet_ns: Nanoseconds = Field(
        description="receive engine's time for a packet, without descriptors"
    )
    transmit_packet_ns: Nanoseconds = Field(
        description="transmit engine's time for a packet, without descriptors"
    )
    descriptor_ns: Nanoseconds = Field(
        description="fetching and writing back the descriptors of one burst on one queue"
    )
    wire_gbit_s: GigabitsPerSecond = Field(
        description="rate of the wire in each direction, in Gbit/s"
    )
    frame_overhead_bytes: Annotated[int, Field(ge=0, le=1000, strict=True)] = Field(
        description="bytes on the wire beside a packet's payload: headers, preamble and gap"
    )
