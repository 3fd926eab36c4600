"""Mutexes of the kernel: what all of them have in common, whatever they protect.

A waiter spins while the owner runs, and sleeps when it does not. Which kind of mutex it is,
`kernel.locks.mutex` says (`sim/sync/adaptive_mutex.py`, `queued_mutex.py`).
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from sim.kernel.table import KernelObject
from sim.settings import PositiveCycles


class Mutex(KernelObject):
    """Adaptive mutexes: what all of them have in common."""

    key: ClassVar[str] = "mutex"

    spin_cycles: PositiveCycles = Field(
        description="a spinner checks again whether the owner still runs after this time"
    )
