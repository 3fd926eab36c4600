"""Settings of micro/urpc."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.config.schema.workload.base import WorkloadSettings


class UrpcWorkload(WorkloadSettings):
    """Two cores exchange messages: the first and the last active one (micro/urpc)."""

    kind: Literal["urpc"]
    pattern: Literal["pingpong", "pipelined"] = Field(
        description="pingpong: to and fro, one message at a time; pipelined: a stream one way"
    )
    queue_length: Annotated[int, Field(ge=1, le=4096, strict=True)] = Field(
        description="messages under way at most, of a pipelined stream"
    )

    @property
    def simulated_share(self) -> float:
        """A ping-pong simulates a round trip, of two messages."""
        return 2.0 if self.pattern == "pingpong" else 1.0
