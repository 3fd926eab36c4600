"""Settings of micro/udp."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.config.schema.settings import Microseconds, PositiveCount
from sim.config.schema.workload.base import MeasuredWorkload


class UdpWorkload(MeasuredWorkload):
    """Every core exchanges bare packets with clients (micro/udp)."""

    networked: ClassVar[bool] = True

    kind: Literal["udp"]
    received_packets: PositiveCount = Field(description="packets from the client, per exchange")
    received_bytes: PositiveCount = Field(description="payload of these packets")
    transmitted_packets: PositiveCount = Field(description="packets to the client, per exchange")
    transmitted_bytes: PositiveCount = Field(description="payload of these packets")
    packet_burst: PositiveCount = Field(description="packets that reach one queue together")
    packet_us: Microseconds = Field(
        description="system time per packet beside the modelled kernel objects"
    )
    exchanges_outstanding: Annotated[int, Field(ge=1, le=4, strict=True)] = Field(
        description="exchanges that the clients of one core keep outstanding"
    )
