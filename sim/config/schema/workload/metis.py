"""Settings of the workload metis."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.config.schema.settings import Count, PositiveCount, Share
from sim.config.schema.workload.base import MeasuredWorkload


class MetisWorkload(MeasuredWorkload):
    """Metis, a MapReduce library (OSDI'10 sections 3.7 and 5.8): one operation is a whole job."""

    batch: ClassVar[bool] = True

    kind: Literal["metis"]
    pages: Literal["4KB", "2MB"] = Field(description="size of the pages of fresh memory")
    map_user_ms: Count = Field(
        description="user time of the map phase on super-pages before it copies, in ms per job"
    )
    copy_user_ms: Count = Field(
        description="user time on super-pages between the pages that it copies, in ms per job"
    )
    other_system_ms: Count = Field(
        description="system time beside page faults, in milliseconds per job"
    )
    serial_ms: Count = Field(description="start of a job on one core, in milliseconds")
    small_page_slowdown: Annotated[float, Field(ge=1.0, le=100.0)] = Field(
        description="user time on 4 KiB pages over that on super-pages, at one core"
    )
    fresh_mib: PositiveCount = Field(description="fresh memory that a job touches, in MiB")
    moves_per_fresh_byte: Annotated[int, Field(ge=0, le=100, strict=True)] = Field(
        description="bytes moved from or to DRAM when one byte is copied into fresh memory"
    )
    reduce_mib: PositiveCount = Field(
        description="bytes that the reduce phase moves from or to DRAM, in MiB per job"
    )
    simulated_4kb: Share = Field(description="share of a job that is simulated with 4 KiB pages")
    simulated_2mb: Share = Field(description="share of a job that is simulated with super-pages")

    @property
    def simulated_share(self) -> float:
        """Share of a job that is simulated; every phase shrinks in proportion."""
        return self.simulated_4kb if self.pages == "4KB" else self.simulated_2mb

    @property
    def slowdown(self) -> float:
        """User time over that on super-pages."""
        return self.small_page_slowdown if self.pages == "4KB" else 1.0
