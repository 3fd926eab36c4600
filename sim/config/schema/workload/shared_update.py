"""Settings of micro/shared_update."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.config.schema.settings import Cycles
from sim.config.schema.workload.base import WorkloadSettings


class SharedUpdateWorkload(WorkloadSettings):
    """All active cores update the same lines, themselves or through a server."""

    kind: Literal["shared_update"]
    mode: Literal["shared_memory", "message"] = Field(
        description="shared_memory: each core writes the lines in place; message: core 0 does it "
        "for the others, who send it requests"
    )
    lines: Annotated[int, Field(ge=1, le=64, strict=True)] = Field(
        description="lines that one operation updates"
    )
    observer: Literal["client", "server"] = Field(
        description="whose operations are counted: the cores' that want updates, or the server's"
    )
    stub_cycles: Cycles = Field(description="work of a client before it sends a request")
    service_cycles: Cycles = Field(
        description="work of the server for a request, without the update"
    )
    update_cycles: Cycles = Field(
        description="an update whose lines are in the cache, without them"
    )
    line_cycles: Cycles = Field(description="update of one line that is in the cache")
    retention_cycles: Cycles = Field(
        description="mean time that a core keeps a line it has waited for, until the next core's "
        "request reaches it; updates in this time find the line in the cache"
    )
