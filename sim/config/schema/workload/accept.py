"""Settings of micro/accept."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.config.schema.settings import Cycles
from sim.config.schema.workload.base import WorkloadSettings


class AcceptWorkload(WorkloadSettings):
    """Every core accepts connections in a loop (micro/accept)."""

    kind: Literal["accept"]
    sockets: Literal["shared", "per_core"] = Field(
        description="shared: all cores listen on one socket; per_core: each on one of its own"
    )
    think_cycles: Cycles = Field(description="private work between two connections")
