"""A ticket lock collapses because each hand-off waits for half of the waiters, and only then.

Boyd-Wickizer, Kaashoek, Morris, Zeldovich, *Non-scalable locks are dangerous*, 2012: with k
waiters a hand-off serves at the rate 1 / (s + c k / 2), c being the time that one waiter's fetch
keeps the line.
"""

from __future__ import annotations

import pytest

from sim.engine.assembler import Assembler
from sim.engine.simulation import run_program
from sim.sync.ticket_lock import TicketLock
from tests.machines import costs, new_program, operation, start, window

HOLD = 20_000  # longer than a sweep of all waiters, so that nobody queues at the release
OPERATIONS = 10_000


def cycles_per_operation(cores: int, occupancy: int) -> float:
    asm = new_program()
    lock = TicketLock(asm)

    def body(asm: Assembler) -> None:
        with operation(asm):
            lock.acquire(asm)
            asm.compute(HOLD)
            lock.release(asm)

    for core in range(cores):
        start(asm, core, body)
    packages = [0] * cores
    distance = costs(packages, transfer=(100, 0), occupancy=(occupancy, 0))
    run = run_program(asm, packages, distance, window(OPERATIONS, 500), seed=1)
    return run.elapsed / OPERATIONS


@pytest.mark.parametrize("occupancy", [100, 200, 400])
def test_each_further_waiter_adds_half_an_occupancy_to_a_hand_off(occupancy: int) -> None:
    few, many = cycles_per_operation(6, occupancy), cycles_per_operation(48, occupancy)
    # The mean of a uniform place in the sweep: 10,000 of them have a standard error of 0.6 %.
    assert (many - few) / (48 - 6) == pytest.approx(occupancy / 2, rel=0.02)


def test_without_occupancy_further_waiters_add_nothing() -> None:
    assert cycles_per_operation(6, 0) == cycles_per_operation(48, 0)
