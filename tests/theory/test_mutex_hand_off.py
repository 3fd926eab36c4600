"""An adaptive mutex of Linux 2.6.35 passes between its spinners in sweeps of all of them.

Every spinner tries at a change of the owner, and the owner's own steps queue behind the tries,
where stores wait for what was asked before them. So a hand-off takes time in proportion to the
waiters. If the spinners queue, as in Linux 3.10, a hand-off no longer grows with them.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from sim.sync.adaptive_mutex import AdaptiveMutex
from sim.sync.lock import Lock
from sim.sync.queued_mutex import QueuedMutex
from sim.sync.ticket_lock import TicketLock
from tests.machines import costs, new_program, operation, start, window

OCCUPANCY = 300
OPERATIONS = 2000
SPIN = 20_000


def adaptive(asm: Assembler, cores: int) -> Lock:
    return AdaptiveMutex(asm, SPIN)


def queued(asm: Assembler, cores: int) -> Lock:
    return QueuedMutex(asm, SPIN, cores)


def ticket(asm: Assembler, cores: int) -> Lock:
    return TicketLock(asm)


def hand_off(
    make: Callable[[Assembler, int], Lock], cores: int, hold: int, think: int = 0
) -> float:
    asm = new_program()
    lock = make(asm, cores)

    def body(asm: Assembler) -> None:
        with operation(asm):
            lock.acquire(asm)
            asm.compute(hold)
            lock.release(asm)
        if think:
            asm.emit(isa.COMPUTE_DRAWN, value=think, target=EXPONENTIAL)

    for core in range(cores):
        start(asm, core, body)
    packages = [0] * cores
    distance = costs(packages, transfer=(OCCUPANCY, 0), occupancy=(OCCUPANCY, 0))
    distance = distance._replace(stores_wait=1)
    run = run_program(asm, packages, distance, window(OPERATIONS, 200), seed=1)
    return run.elapsed / OPERATIONS


@pytest.mark.parametrize("cores", [12, 24, 48])
def test_a_hand_off_takes_one_to_three_sweeps_of_the_waiters(cores: int) -> None:
    sweep = cores * OCCUPANCY
    assert sweep < hand_off(adaptive, cores, hold=60) < 3 * sweep


def test_the_tries_of_the_spinners_delay_a_release_however_soon_it_comes() -> None:
    soon, later = hand_off(adaptive, 48, hold=60), hand_off(adaptive, 48, hold=600)
    assert soon == pytest.approx(later, rel=0.02)


def test_a_mutex_takes_two_sweeps_to_pass_on_where_a_ticket_lock_takes_one() -> None:
    sweep = 48 * OCCUPANCY
    assert hand_off(ticket, 48, 60) == pytest.approx(sweep, rel=0.1)
    assert hand_off(adaptive, 48, 60) == pytest.approx(2 * sweep, rel=0.1)


THINK = 30_000  # enough that who has released comes back among the others


@pytest.mark.parametrize("hold", [600, 6000])
def test_a_hand_off_between_queued_spinners_does_not_grow_with_them(hold: int) -> None:
    few, many = hand_off(queued, 24, hold, THINK), hand_off(queued, 96, hold, THINK)
    assert many == pytest.approx(few, rel=0.1)
    assert many < hold + 8 * OCCUPANCY  # lines that move one after another, whoever waits
    assert hand_off(adaptive, 96, hold, THINK) > 2 * many


def test_without_contention_both_mutexes_take_the_same_time() -> None:
    assert hand_off(queued, 1, 600) == hand_off(adaptive, 1, 600)


@pytest.mark.parametrize(("think", "alone"), [(0, True), (THINK, False)])
def test_who_comes_back_at_once_overtakes_the_queue(think: int, alone: bool) -> None:
    cores = 24
    asm = new_program()
    lock, entered = queued(asm, cores), asm.new_lines(cores)

    def body(asm: Assembler) -> None:
        with operation(asm):
            lock.acquire(asm)
            asm.emit(isa.INCREMENT, address=entered, index=isa.R_CORE, value=1)
            asm.compute(600)
            lock.release(asm)
        asm.emit(isa.COMPUTE_DRAWN, value=think, target=EXPONENTIAL)

    for core in range(cores):
        start(asm, core, body)
    run = run_program(asm, [0] * cores, costs([0] * cores), window(OPERATIONS, 0), seed=1)
    times = run.words[entered : entered + cores * isa.WORDS_PER_LINE : isa.WORDS_PER_LINE]
    assert bool(max(times) > 0.9 * OPERATIONS) is alone
    assert bool(min(times) > 0.5 * OPERATIONS / cores) is not alone
