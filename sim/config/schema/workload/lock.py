"""Settings of micro/lock."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.config.schema.locks import SpinLockKind, Waiting
from sim.config.schema.settings import Cycles
from sim.config.schema.workload.base import WorkloadSettings


class LockWorkload(WorkloadSettings, Waiting):
    """Every core acquires one lock in a loop (micro/lock)."""

    kind: Literal["lock"]
    lock: Literal[SpinLockKind, "adaptive_mutex", "queued_mutex", "rw"] = Field(
        description="kind of lock; rw is acquired for reading"
    )
    hold_cycles: Cycles = Field(description="length of the critical section")
    think_cycles: Cycles = Field(description="private work between two acquisitions")
