"""What of a run is the application's: work and waits that no kernel could take away.

An object that spends most of its cycles in user mode is the application's work. An object that
cores only wait at (a serial stage, the last jobs of a batch, a barrier) cannot be freed: without
the wait, at most the waiting cores' time would be gained, which is a bound and no run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sim.command.output import Result

SCHEDULER = "scheduler"
LEAST = 0.001
"""Share of the cycles from which a wait is worth a row."""


class Wait(NamedTuple):
    """What cannot be freed: its share of all cycles, and whether cores only wait at it."""

    name: str
    share: float
    only_waits: bool

    @property
    def bound(self) -> float:
        """Gain in throughput at most, if nobody waited."""
        return self.share / (1 - self.share) if self.share < 1 else float("inf")


def own_work(base: Result) -> frozenset[str]:
    """Objects of a run most of whose cycles are the application's own."""
    user, total = _cycles(base, "user"), _cycles(base)
    return frozenset(name for name, cycles in total.items() if user.get(name, 0.0) > cycles / 2)


def waits(base: Result, freeable: Sequence[str]) -> list[Wait]:
    """What cannot be freed, the longest first."""
    total, idle = _cycles(base), _cycles(base, "idle")
    everything = sum(total.values())
    found = [
        Wait(name, cycles / everything, idle.get(name, 0.0) > cycles / 2)
        for name, cycles in total.items()
        if name not in freeable and name != SCHEDULER and cycles > LEAST * everything
    ]
    return sorted(found, key=lambda wait: (-wait.share, wait.name))


def rows(base: Result, freeable: Sequence[str]) -> Iterator[list[str]]:
    """Rows of a table of gains for what cannot be freed."""
    for wait in waits(base, freeable):
        if wait.only_waits:
            yield [f"< {wait.bound:+.1%}", "", f"{wait.share:.1%}", f"no wait: {wait.name}"]
        else:
            yield ["", "", f"{wait.share:.1%}", f"{wait.name}: cannot be freed"]


def _cycles(base: Result, mode: str = "") -> dict[str, float]:
    total: defaultdict[str, float] = defaultdict(float)
    for row in base.account:
        if not mode or row.get("mode") == mode:
            total[row["object"]] += row["cycles_per_operation"]
    return total
