"""Settings of what a command may take: no result depends on them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.settings import Settings, Sources


class Limits(Settings):
    """What a command may need at most, as it is estimated before any work; more is refused."""

    memory_gib: Annotated[float, Field(ge=0.5, le=65_536)] = Field(
        description="memory of one process, in GiB"
    )
    hours: Annotated[float, Field(ge=0.001, le=1_000_000)] = Field(
        description="processor time of one command, in hours; the estimate is rough"
    )
    sources: Sources
