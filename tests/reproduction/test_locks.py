"""Locks under saturation on the 48-core machine: which collapse, and which do not."""

from __future__ import annotations

import pytest

from sim.config.compose import compose
from sim.simulate import simulate

SATURATED = [
    "hardware=opteron_8x6",
    "workload=micro/lock",
    "workload.hold_cycles=1000",
    "workload.think_cycles=0",
    "order=package",
    "run.replications=1",
    "cores=[6,48]",
]


def kept(lock: str) -> float:
    """Total throughput at 48 cores over that at 6."""
    points = simulate(compose([*SATURATED, f"workload.lock={lock}"])).points
    total = {point["cores"]: point["throughput"] for point in points}
    return float(total[48] / total[6])


def test_the_ticket_lock_collapses() -> None:
    assert kept("ticket") <= 0.4


@pytest.mark.parametrize("lock", ["mcs", "clh", "qspinlock", "cohort"])
def test_queue_locks_keep_their_throughput(lock: str) -> None:
    assert kept(lock) >= 0.7


def test_a_ticket_lock_that_backs_off_in_proportion_falls_less() -> None:
    assert kept("ticket_proportional") >= 2 * kept("ticket")
