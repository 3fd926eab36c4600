"""Settings of the workload ip_loopback."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.config.schema.settings import Cycles, PositiveCount
from sim.config.schema.workload.base import WorkloadSettings


class IpLoopbackWorkload(WorkloadSettings):
    """UDP from one process to another of the same machine (SOSP'09 section 5.4, Table 4)."""

    counts_traffic: ClassVar[bool] = True

    kind: Literal["ip_loopback"]
    payload_bytes: PositiveCount = Field(description="bytes of payload in a packet")
    header_bytes: PositiveCount = Field(description="bytes of headers in a packet's buffer")
    buffers: PositiveCount = Field(description="buffers that go round")
    protocol_cycles: Cycles = Field(description="one pass of a packet through UDP and IP")
    touch_cycles: Cycles = Field(
        description="going over a packet's payload once, to make, copy or check it"
    )

    @property
    def fewest_cores(self) -> int:
        """One core sends and another receives."""
        return 2
