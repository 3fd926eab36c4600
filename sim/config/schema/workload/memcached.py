"""Settings of the workload memcached."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.config.schema.settings import Microseconds, PositiveCount
from sim.config.schema.workload.base import MeasuredWorkload


class MemcachedWorkload(MeasuredWorkload):
    """memcached (OSDI'10 sections 3.2 and 5.3): one operation is one request over UDP."""

    networked: ClassVar[bool] = True

    kind: Literal["memcached"]
    user_us: Microseconds = Field(description="user time per request at one core, in microseconds")
    other_system_us: Microseconds = Field(
        description="system time per request at one core beside the modelled kernel objects"
    )
    batch_requests: PositiveCount = Field(description="requests that a client sends at a time")
    batches_outstanding: Annotated[int, Field(ge=1, le=4, strict=True)] = Field(
        description="batches that the clients of one core keep outstanding"
    )
    request_bytes: PositiveCount = Field(description="bytes of a request")
    response_bytes: PositiveCount = Field(description="bytes of a response")
