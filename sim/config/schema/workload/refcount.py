"""Settings of micro/refcount."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.config.schema.settings import Cycles
from sim.config.schema.workload.base import WorkloadSettings


class RefcountWorkload(WorkloadSettings):
    """Every core takes and drops a reference to one kernel object in a loop (micro/refcount)."""

    kernels: ClassVar[tuple[str, ...] | None] = ("linux", "barrelfish")
    kernel_parts: ClassVar[tuple[str, ...] | None] = (
        "fix.dentry_refcount",
        "fix.vfsmount_refcount",
        "fix.dst_entry_refcount",
        "objects.sloppy_counter",
    )

    kind: Literal["refcount"]
    object: Literal["dentry", "vfsmount", "dst_entry"] = Field(
        description="whose reference count; the kernel's fix decides what kind of counter it is"
    )
    think_cycles: Cycles = Field(description="private work between taking and dropping it")
