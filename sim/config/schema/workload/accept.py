"""Settings of micro/accept."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.config.schema.settings import Cycles
from sim.config.schema.workload.base import WorkloadSettings


class AcceptWorkload(WorkloadSettings):
    """Every core accepts connections in a loop (micro/accept)."""

    kernels: ClassVar[tuple[str, ...] | None] = ("linux", "barrelfish")
    kernel_parts: ClassVar[tuple[str, ...] | None] = (
        "fix.parallel_accept",
        "locks",
        "objects.network.accept",
    )

    kind: Literal["accept"]
    sockets: Literal["shared", "per_core"] = Field(
        description="shared: all cores listen on one socket; per_core: each on one of its own"
    )
    think_cycles: Cycles = Field(description="private work between two connections")
