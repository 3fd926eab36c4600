"""Settings of a machine's bandwidths: what a program that sweeps over its data is limited by."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.config.schema.settings import Settings

Bandwidth = Annotated[float, Field(gt=0, le=1e6)]


class Streaming(Settings):
    """Bandwidths of sweeps over data, and how evenly data fills the caches."""

    memory_gb_s: Bandwidth = Field(description="reads from one node's DRAM, in 1e9 bytes/s")
    link_gb_s: Bandwidth = Field(
        description="data over one link, in each direction, in 1e9 bytes/s"
    )
    set_load_spread: Annotated[float, Field(ge=0, le=1)] = Field(
        description="standard deviation of the load of the cache sets, over its mean"
    )
