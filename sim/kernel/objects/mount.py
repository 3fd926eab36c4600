"""A mounted file system (vfsmount) and its reference count (OSDI'10 section 4.3).

Resolving a path takes a reference to the mount on which it ends, and drops it at the end. Every
core counts at the one mount of the spool; reference_count.py has the two ways of counting.

Not modelled: more than one mount.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from sim.kernel.objects.reference_count import Counting
from sim.kernel.table import Fix, KernelObject


class Mount(KernelObject):
    """The mount that all paths end on."""

    key: ClassVar[str] = "vfsmount"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "vfsmount_refcount": Fix(
            "references", "shared", "sloppy", "vfsmount reference counts become sloppy counters"
        )
    }

    references: Counting = Field(
        description="how cores share the mount's reference count: one atomic word, or sloppy"
    )
