"""Settings of micro/shared_object."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.config.schema.settings import Count, Cycles
from sim.config.schema.workload.base import WorkloadSettings


class SharedObjectWorkload(WorkloadSettings):
    """Every core reads and updates one object, shared in one of four ways."""

    kind: Literal["shared_object"]
    sharing: Literal["coarse_lock", "fine_locks", "partitioned", "replicated"] = Field(
        description="coarse_lock: one lock for all; fine_locks: one for each part; partitioned: "
        "a part for each core; replicated: a copy for each core, updates are messages to all"
    )
    parts: Annotated[int, Field(ge=1, le=4096, strict=True)] = Field(
        description="parts of the object that have locks of their own"
    )
    reads_per_update: Count = Field(description="reads of a core between two of its updates")
    access_cycles: Cycles = Field(description="work of one read or update on data in the cache")
    think_cycles: Cycles = Field(description="mean private work between two operations")
