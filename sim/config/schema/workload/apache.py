"""Settings of the workload apache."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.config.schema.settings import Count, Microseconds, PositiveCount
from sim.config.schema.workload.base import MeasuredWorkload


class ApacheWorkload(MeasuredWorkload):
    """Apache web server (OSDI'10 sections 3.3 and 5.4): one operation is one request."""

    networked: ClassVar[bool] = True

    kind: Literal["apache"]
    instances: Literal["per_core", "single"] = Field(
        description="per_core: an instance per core, each on a port of its own; single: one "
        "instance with a process per core, which all accept from one socket"
    )
    user_us: Microseconds = Field(description="user time per request at one core, in microseconds")
    other_system_us: Microseconds = Field(
        description="system time per request at one core beside the modelled kernel objects"
    )
    separate_instances_us: Microseconds = Field(
        description="what a request takes longer at one core with an instance per core"
    )
    received_packets: PositiveCount = Field(description="packets from the client, per request")
    received_bytes: PositiveCount = Field(description="payload of these packets")
    transmitted_packets: PositiveCount = Field(description="packets to the client, per request")
    transmitted_bytes: PositiveCount = Field(description="payload of these packets")
    packet_burst: PositiveCount = Field(
        description="packets of a request that reach one queue of the card together"
    )
    path_lookups: Count = Field(description="path names resolved per request")
    opens: Count = Field(description="files opened per request")
    requests_outstanding: Annotated[int, Field(ge=1, le=4, strict=True)] = Field(
        description="requests that the clients of one core keep outstanding"
    )
