"""Settings of micro/line_sharing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.config.schema.settings import Cycles
from sim.config.schema.workload.base import WorkloadSettings


class LineSharingWorkload(WorkloadSettings):
    """All cores touch the same cache lines at once (micro/line_sharing)."""

    kind: Literal["line_sharing"]
    mode: Literal["write", "read", "read_after_write"] = Field(
        description="write: every core writes; read: every core reads; "
        "read_after_write: one core writes, then the others read at once"
    )
    lines: Annotated[int, Field(ge=1, le=1024, strict=True)] = Field(
        description="cache lines touched by one operation"
    )
    period_cycles: Cycles = Field(
        description="all cores act together once per period; 0 = back to back"
    )

    @property
    def paced(self) -> bool:
        """Whether the cores act once per period, however long that takes."""
        return self.period_cycles > 0
