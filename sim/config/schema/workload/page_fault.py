"""Settings of micro/page_fault."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.config.schema.workload.base import WorkloadSettings


class PageFaultWorkload(WorkloadSettings):
    """Every core touches fresh pages one after another (micro/page_fault)."""

    kernels: ClassVar[tuple[str, ...] | None] = ("linux", "barrelfish")
    kernel_parts: ClassVar[tuple[str, ...] | None] = (
        "fix.page_false_sharing",
        "locks",
        "objects.page_fault",
        "objects.page_struct",
        "objects.address_space",
        "objects.memory_map",
    )

    kind: Literal["page_fault"]
    address_space: Literal["private", "shared"] = Field(
        description="private: a process per core; shared: threads of one process"
    )
