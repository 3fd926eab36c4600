"""Settings of micro/two_phase_commit."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.config.schema.workload.base import WorkloadSettings


class TwoPhaseCommitWorkload(WorkloadSettings):
    """One core retypes a capability that all active cores know (micro/two_phase_commit)."""

    usual_kernel: ClassVar[str] = "barrelfish"

    kind: Literal["two_phase_commit"]
    mode: Literal["single", "pipelined"] = Field(
        description="single: one operation after another; pipelined: several at a time"
    )
    in_flight: Literal[3, 5, 7, 9] = Field(
        description="operations under way at a time, of a pipeline"
    )
