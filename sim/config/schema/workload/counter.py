"""Settings of micro/counter."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.config.schema.settings import Count, Cycles, Fraction
from sim.config.schema.workload.base import WorkloadSettings


class CounterWorkload(WorkloadSettings):
    """Every core updates one counter in a loop (micro/counter)."""

    kind: Literal["counter"]
    counter: Literal["shared", "sloppy", "per_core"] = Field(description="kind of counter")
    read_fraction: Fraction = Field(
        description="share of operations that read the exact value, not update it, to 1/1000"
    )
    threshold: Count = Field(description="spare references a core of a sloppy counter keeps")
    references: Annotated[int, Field(ge=1, le=1000, strict=True)] = Field(
        description="references that a core takes one after another before it drops them"
    )
    think_cycles: Cycles = Field(description="private work between two operations")
