"""Settings of what limits programs that sweep over their data, beside the memory controllers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.settings import GigabytesPerSecond, Settings


class Streaming(Settings):
    """Bandwidth of the links, and how evenly data fills the caches."""

    link_gb_s: GigabytesPerSecond = Field(
        description="data over one link, in each direction, in 10^9 bytes per second"
    )
    set_load_spread: Annotated[float, Field(ge=0, le=1)] = Field(
        description="standard deviation of the load of the cache sets, over its mean"
    )
