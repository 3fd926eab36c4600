"""Settings of a kernel's threads: how programs with threads of their own wait on it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.settings import Cycles, Fraction, Settings


class Threads(Settings):
    """The thread library that a kernel offers to parallel programs (SOSP'09 section 5.3)."""

    waiting: Literal["spin", "futex"] = Field(
        description="how barriers and locks wait: at user level, or asleep in the kernel"
    )
    futex_call_cycles: Cycles = Field(description="a futex system call that sleeps or wakes")
    futex_wake_cycles: Cycles = Field(description="of the caller, for each thread that it wakes")
    spin_slowdown: Annotated[float, Field(ge=0, le=10)] = Field(
        description="by how much a long critical section over memory is slowed, in relation to its "
        "length, while others spin for its lock"
    )
    moved: Fraction = Field(
        description="share of sweeps over its data that a thread begins on a core it has been "
        "moved to, with cold caches, to 1/1000"
    )
