"""Settings of micro/page_fault."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.config.schema.workload.base import WorkloadSettings


class PageFaultWorkload(WorkloadSettings):
    """Every core touches fresh pages one after another (micro/page_fault)."""

    kind: Literal["page_fault"]
    address_space: Literal["private", "shared"] = Field(
        description="private: a process per core; shared: threads of one process"
    )
