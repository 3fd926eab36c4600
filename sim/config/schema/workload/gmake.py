"""Settings of the workload gmake."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sim.config.schema.settings import Count, Microseconds, PositiveCount, Share
from sim.config.schema.workload.base import MeasuredWorkload

Lines = Annotated[int, Field(ge=0, le=1_000_000_000_000, strict=True)]


class GmakeWorkload(MeasuredWorkload):
    """Parallel build of Linux (OSDI'10 sections 3.5 and 5.6): one operation is one build."""

    batch: ClassVar[bool] = True

    kind: Literal["gmake"]
    simulated: Share = Field(
        description="share of each compilation and of each serial stage that is simulated"
    )
    compilations: PositiveCount = Field(description="files compiled per build")
    bursts: PositiveCount = Field(
        description="equal parts of a compilation of mean length; long ones have more"
    )
    start_us: Microseconds = Field(description="serial stage before the first compilation")
    link_us: Microseconds = Field(description="serial stage after the last compilation")
    user_us: Microseconds = Field(
        description="user time per build at one core beside the serial stages"
    )
    other_system_us: Microseconds = Field(
        description="system time per build at one core beside the modelled kernel objects"
    )
    working_set_kib: Count = Field(description="memory that a compiler works in, in KiB")
    user_cache_lines: Lines = Field(
        description="accesses of user code to the shared cache within the working set, per build"
    )
    system_cache_lines: Lines = Field(
        description="accesses of the kernel to the shared cache within the working set, per build"
    )
    user_lines: Lines = Field(
        description="lines of user memory last written by another core, per build"
    )
    forks: Count = Field(description="forks (and exits) per compilation")
    path_lookups: Count = Field(description="path names resolved per compilation")
    opens: Count = Field(description="files opened per compilation")
    page_faults: Count = Field(description="4 KiB page faults per compilation")

    @property
    def simulated_share(self) -> float:
        """Share of each compilation and serial stage that is simulated."""
        return self.simulated
