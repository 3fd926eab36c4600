"""An adaptive mutex of Linux 2.6.35 passes between its spinners in sweeps of all of them.

Every spinner tries at a change of the owner, and the owner's own steps queue behind the tries, so
a hand-off takes time in proportion to the waiters, and the more the sooner the owner is done.
"""

from __future__ import annotations

import pytest

from sim.engine.assembler import Assembler
from sim.engine.simulation import run_program
from sim.sync.adaptive_mutex import AdaptiveMutex
from sim.sync.ticket_lock import TicketLock
from tests.machines import costs, new_program, operation, start, window

OCCUPANCY = 300
OPERATIONS = 2000


def hand_off(lock_of: type[AdaptiveMutex] | type[TicketLock], cores: int, hold: int) -> float:
    asm = new_program()
    lock = AdaptiveMutex(asm, 20_000) if lock_of is AdaptiveMutex else TicketLock(asm)

    def body(asm: Assembler) -> None:
        with operation(asm):
            lock.acquire(asm)
            asm.compute(hold)
            lock.release(asm)

    for core in range(cores):
        start(asm, core, body)
    packages = [0] * cores
    distance = costs(packages, transfer=(OCCUPANCY, 0), occupancy=(OCCUPANCY, 0))
    run = run_program(asm, packages, distance, window(OPERATIONS, 200), seed=1)
    return run.elapsed / OPERATIONS


@pytest.mark.parametrize("cores", [12, 24, 48])
def test_a_hand_off_takes_one_to_three_sweeps_of_the_waiters(cores: int) -> None:
    sweep = cores * OCCUPANCY
    assert sweep < hand_off(AdaptiveMutex, cores, hold=60) < 3 * sweep


def test_the_tries_of_the_spinners_delay_a_release_that_comes_before_they_are_over() -> None:
    assert hand_off(AdaptiveMutex, 48, hold=60) > 1.2 * hand_off(AdaptiveMutex, 48, hold=600)


def test_a_mutex_is_slower_to_pass_on_than_a_ticket_lock() -> None:
    assert hand_off(AdaptiveMutex, 48, 60) > 2 * hand_off(TicketLock, 48, 60)
