"""Settings of micro/polling."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.config.schema.settings import Cycles
from sim.config.schema.workload.base import WorkloadSettings


class PollingWorkload(WorkloadSettings):
    """A core polls for a message for some time and then blocks (micro/polling)."""

    kind: Literal["polling"]
    poll_cycles: Cycles = Field(description="time that the receiver polls before it blocks")
    wake_cycles: Cycles = Field(description="cost of waking a blocked receiver by an interrupt")
    arrival: Literal["exponential", "uniform", "fixed"] = Field(
        description="distribution of the time until the message is sent"
    )
    arrival_cycles: Cycles = Field(
        description="mean time from the receiver's readiness until the message is sent"
    )

    @property
    def fewest_cores(self) -> int:
        """One core sends and another receives."""
        return 2
