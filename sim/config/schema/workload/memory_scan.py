"""Settings of micro/memory_scan."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.config.schema.workload.base import WorkloadSettings


class MemoryScanWorkload(WorkloadSettings):
    """Every core reads a working set of its own, over and over (micro/memory_scan)."""

    kind: Literal["memory_scan"]
    bytes: Annotated[int, Field(ge=64, le=1 << 44, strict=True)] = Field(
        description="working set of each core, in bytes"
    )
    home_node: Annotated[int, Field(ge=-1, le=4095, strict=True)] = Field(
        description="node that holds the working sets; -1: each core's own"
    )
    mode: Literal["latency", "bandwidth"] = Field(
        description="latency: one operation is a load of one line that the next one depends on; "
        "bandwidth: one operation is a page of 4 KiB streamed"
    )
