"""Settings of the workload pedsort."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.config.schema.settings import Count, Microseconds, PositiveCount, Share
from sim.config.schema.workload.base import MeasuredWorkload


class PedsortWorkload(MeasuredWorkload):
    """Psearchy's indexer (OSDI'10 sections 3.6 and 5.7): one operation is one indexing job."""

    batch: ClassVar[bool] = True

    kind: Literal["pedsort"]
    mode: Literal["threads", "processes"] = Field(
        description="what runs on the cores: threads of one process, or a process each"
    )
    simulated: Share = Field(description="share of each part of the job that is simulated")
    portions: PositiveCount = Field(
        description="equal portions of the files that cores take from the bag, one at a time"
    )
    files: PositiveCount = Field(description="input files")
    serial_us: Microseconds = Field(
        description="loading the list of files, while all other cores wait"
    )
    process_user_us: Microseconds = Field(
        description="user time per job at one core, its misses of the shared cache left out"
    )
    thread_user_us: Microseconds = Field(
        description="the same with the thread-safe functions of the C library"
    )
    working_set_kib: Count = Field(description="memory that a core sorts in at a time, in KiB")
    cache_lines: Annotated[int, Field(ge=0, le=1_000_000_000_000, strict=True)] = Field(
        description="accesses to the shared cache within the working set, per job"
    )
    table_pages: Count = Field(
        description="4 KiB pages of the hash table that each core fills from empty"
    )
    other_system_us: Microseconds = Field(
        description="system time per job at one core beside the modelled kernel objects"
    )
    mappings_per_file: Count = Field(description="regions mapped, touched and unmapped per file")

    @property
    def simulated_share(self) -> float:
        """Share of each part of the job that is simulated."""
        return self.simulated

    @property
    def user_us(self) -> float:
        """User time per job at one core without misses, in the chosen mode."""
        return self.thread_user_us if self.mode == "threads" else self.process_user_us
