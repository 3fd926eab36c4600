"""Settings of micro/broadcast."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.config.schema.workload.base import WorkloadSettings

TreeName = Literal["shared_line", "sequential", "binary", "multicast", "numa_multicast"]


class BroadcastWorkload(WorkloadSettings):
    """One core tells all others something and waits until each has acknowledged it."""

    kind: Literal["broadcast"]
    tree: TreeName = Field(
        description="who tells whom: shared_line = all poll one line; sequential = the root tells "
        "each core; binary = by core number; multicast = over one core per package; "
        "numa_multicast = the same, farthest package first and buffers local to it"
    )
    root: Annotated[int, Field(ge=0, le=4095, strict=True)] = Field(
        description="core that tells the others; one of the active cores"
    )

    @property
    def fewest_cores(self) -> int:
        """The root takes part, and somebody must hear it."""
        return max(self.root + 1, 2)
