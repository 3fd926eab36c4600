"""Settings of micro/refcount."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.config.schema.settings import Cycles
from sim.config.schema.workload.base import WorkloadSettings


class RefcountWorkload(WorkloadSettings):
    """Every core takes and drops a reference to one kernel object in a loop (micro/refcount)."""

    kind: Literal["refcount"]
    object: Literal["dentry", "vfsmount", "dst_entry"] = Field(
        description="whose reference count; the kernel's fix decides what kind of counter it is"
    )
    think_cycles: Cycles = Field(description="private work between taking and dropping it")
