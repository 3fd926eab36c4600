"""Settings of micro/unmap."""

from __future__ import annotations

from typing import Literal

from sim.config.schema.workload.base import WorkloadSettings


class UnmapWorkload(WorkloadSettings):
    """One core unmaps a page that all active cores have mapped (micro/unmap)."""

    kind: Literal["unmap"]
