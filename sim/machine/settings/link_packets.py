"""Settings of the packets on a coherent link: what moving a line costs in words."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.settings import Settings

Dwords = Annotated[int, Field(ge=0, le=1000, strict=True)]


class LinkPackets(Settings):
    """Lengths of the packets on a link, in 32-bit words."""

    request_dwords: Dwords = Field(description="request for a line")
    probe_dwords: Dwords = Field(description="probe of another node's caches")
    response_dwords: Dwords = Field(description="response without data, or a transaction's end")
    data_dwords: Dwords = Field(description="response with a line of data")
    credit_dwords: Dwords = Field(description="flow control that pays back one packet")
