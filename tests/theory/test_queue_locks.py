"""A hand-off of a queue lock takes as long however many cores wait; a cohort's stays near."""

from __future__ import annotations

import pytest

from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from sim.sync.spin_lock import SpinLocks
from tests.machines import WAITING, costs, new_program, operation, start, window

OPERATIONS = 2000
HOLD = 600
TRANSFER, OCCUPANCY = (100, 50), (300, 0)


def hand_off(kind: str, packages: list[int], hand_offs: int = 3) -> float:
    """Cycles from one acquisition to the next while all cores want the lock."""
    asm = new_program()
    waiting = WAITING.model_copy(update={"cohort_hand_offs": hand_offs})
    lock = SpinLocks(kind, waiting, len(packages), 1 + max(packages)).make(asm)

    def body(asm: Assembler) -> None:
        with operation(asm):
            lock.acquire(asm)
            asm.compute(HOLD)
            lock.release(asm)

    for core in range(len(packages)):
        start(asm, core, body)
    distance = costs(packages, transfer=TRANSFER, occupancy=OCCUPANCY)
    run = run_program(asm, packages, distance, window(OPERATIONS, 500), seed=1)
    return run.elapsed / OPERATIONS


@pytest.mark.parametrize("kind", ["mcs", "clh", "qspinlock", "cohort"])
def test_waiters_do_not_lengthen_the_hand_off_of_a_queue_lock(kind: str) -> None:
    few, many = hand_off(kind, [0] * 6), hand_off(kind, [0] * 48)
    assert many == pytest.approx(few, rel=0.02)
    assert many < HOLD + 3 * OCCUPANCY[0]


@pytest.mark.parametrize("kind", ["ticket", "ttas"])
def test_they_do_where_all_spin_on_one_line(kind: str) -> None:
    assert hand_off(kind, [0] * 48) > 2 * hand_off(kind, [0] * 6)


def test_the_more_hand_offs_stay_in_a_package_the_sooner_a_cohort_lock_is_passed_on() -> None:
    packages = [core // 6 for core in range(48)]
    taken = [hand_off("cohort", packages, hand_offs) for hand_offs in (0, 2, 20)]
    assert taken == sorted(taken, reverse=True)
    assert taken[-1] < hand_off("mcs", list(range(8)) * 6)  # arrivals of all packages in turn
