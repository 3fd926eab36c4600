"""Settings of locks: which kind, and how its waiters wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim import extensions
from sim.settings import Count, Cycles, Settings
from sim.sync.spin_lock import KINDS

extensions.import_all("sim.sync")
extensions.load()

OTHERS = ("adaptive_mutex", "queued_mutex", "rw")
if TYPE_CHECKING:
    SpinLockKind = str
    LockKind = str
else:
    SpinLockKind = Literal[tuple(KINDS)]
    LockKind = Literal[(*KINDS, *OTHERS)]
MutexKind = Literal["adaptive", "queued"]


class Waiting(Settings):
    """How the waiters of a spin lock wait, where its kind has a number for it."""

    backoff_cycles: Cycles = Field(
        description="mean of the random back-off of tas and ttas after a failure; 0 = none"
    )
    proportional_cycles: Cycles = Field(
        description="ticket_proportional: wait for each waiter ahead before the next look"
    )
    cohort_hand_offs: Count = Field(
        description="cohort: hand-offs within a package in a row, before another one has its turn"
    )


class Locks(Waiting):
    """The kinds of lock that a kernel's objects have: one for all spin locks, one for mutexes."""

    spin: SpinLockKind = Field(description="kind of all spin locks of the kernel")
    mutex: MutexKind = Field(
        description="kind of all mutexes, whose waiters spin while the owner runs and else sleep: "
        "adaptive: every spinner tries (Linux 2.6.35); queued: spinners queue, and the first alone "
        "tries (Linux 3.10 and later)"
    )
