"""Locks under saturation on the 48-core machine: which collapse, and which do not."""

from __future__ import annotations

from functools import cache

import pytest

from sim.config.compose import compose
from sim.simulate import simulate

pytestmark = pytest.mark.usefixtures("unchanging_files")

SATURATED = [
    "hardware=opteron_8x6",
    "workload=micro/lock",
    "workload.hold_cycles=1000",
    "workload.think_cycles=1000",
    "order=package",
    "run.replications=1",
    "cores=[6,12,48]",
]


@cache
def throughput(lock: str, *overrides: str) -> dict[int, float]:
    """Acquisitions per second by all cores, of each number of cores."""
    points = simulate(compose([*SATURATED, f"workload.lock={lock}", *overrides])).points
    return {point["cores"]: point["throughput"] for point in points}


def kept(lock: str, *overrides: str, of: int = 6) -> float:
    """Total throughput at 48 cores over that at fewer."""
    total = throughput(lock, *overrides)
    return total[48] / total[of]


def test_the_ticket_lock_collapses() -> None:
    assert kept("ticket") <= 0.4


IN_STEP = "workload.think_cycles=0"


@pytest.mark.parametrize("lock", ["mcs", "clh", "qspinlock", "cohort"])
def test_queue_locks_keep_their_throughput_where_cores_come_back_in_their_order(lock: str) -> None:
    assert kept(lock, IN_STEP) >= 0.7


@pytest.mark.parametrize("lock", ["mcs", "clh"])
def test_in_any_other_order_nearly_every_hand_off_of_a_queue_crosses_packages(lock: str) -> None:
    drawn, fixed = throughput(lock), throughput(lock, "workload.think=fixed")
    assert drawn[6] == pytest.approx(fixed[6], rel=0.02)  # one package
    assert drawn[48] < 0.85 * fixed[48]
    assert kept(lock, of=12) >= 0.7  # and yet it does not collapse


def test_a_cohort_lock_keeps_its_hand_offs_in_a_package_in_any_order() -> None:
    assert kept("cohort") >= 0.95
    assert throughput("cohort")[48] > 1.2 * throughput("mcs")[48]


# While a ticket lock's holder fetches the section's lines, some of the reads pass that its release
# would have queued behind.
@pytest.mark.parametrize(("lock", "hidden"), [("ticket", 0.05), ("mcs", 0.0)])
def test_what_the_section_writes_comes_from_the_last_holder(lock: str, hidden: float) -> None:
    few, many = throughput(lock), throughput(lock, "workload.section_lines=5")
    taken = [1 / many[cores] - 1 / few[cores] for cores in (6, 48)]  # by four lines more, in s
    clock_hz, local_cycles = 2.4e9, 117
    fetched = 4 * local_cycles / clock_hz
    assert (0.98 - hidden) * fetched < taken[0] < 1.02 * fetched
    assert taken[1] > 2 * taken[0]


def test_a_section_that_writes_no_line_costs_its_work_alone() -> None:
    one, none = (throughput("ticket", f"workload.section_lines={n}")[6] for n in (1, 0))
    assert none > one


def test_a_ticket_lock_that_backs_off_in_proportion_falls_less() -> None:
    assert kept("ticket_proportional") >= 2 * kept("ticket")
