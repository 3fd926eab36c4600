"""Settings of micro/stat."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.settings import Cycles
from sim.workload.settings import WorkloadSettings


class StatWorkload(WorkloadSettings):
    """Every core asks for the status of one file (micro/stat)."""

    kernels: ClassVar[tuple[str, ...] | None] = ("linux", "barrelfish")
    kernel_parts: ClassVar[tuple[str, ...] | None] = (
        "fix.dentry_refcount",
        "fix.vfsmount_refcount",
        "fix.dentry_lock",
        "fix.vfsmount_table",
        "locks",
        "objects.vfsmount_table",
        "objects.dentry",
        "objects.sloppy_counter",
    )

    kind: Literal["stat"]
    call_cycles: Cycles = Field(description="the call itself: entry, copy of the result, exit")
