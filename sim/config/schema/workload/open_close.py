"""Settings of micro/open_close."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.config.schema.settings import Count, Cycles
from sim.config.schema.workload.base import WorkloadSettings


class OpenCloseWorkload(WorkloadSettings):
    """Every core opens and closes files below one mount (micro/open_close)."""

    kernels: ClassVar[tuple[str, ...] | None] = ("linux", "barrelfish")
    kernel_parts: ClassVar[tuple[str, ...] | None] = (
        "fix.dentry_refcount",
        "fix.vfsmount_refcount",
        "fix.dentry_lock",
        "fix.vfsmount_table",
        "fix.open_file_list",
        "locks",
        "objects.vfsmount_table",
        "objects.dentry",
        "objects.open_file_list",
        "objects.sloppy_counter",
    )

    kind: Literal["open_close"]
    path_lookups: Count = Field(
        description="path names resolved per file: the open itself, and stat and the like before it"
    )
    think_cycles: Cycles = Field(description="mean private work between two files")
