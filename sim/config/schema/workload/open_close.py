"""Settings of micro/open_close."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.config.schema.settings import Count, Cycles
from sim.config.schema.workload.base import WorkloadSettings


class OpenCloseWorkload(WorkloadSettings):
    """Every core opens and closes files below one mount (micro/open_close)."""

    kind: Literal["open_close"]
    path_lookups: Count = Field(
        description="path names resolved per file: the open itself, and stat and the like before it"
    )
    think_cycles: Cycles = Field(description="mean private work between two files")
