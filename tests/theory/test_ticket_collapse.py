"""A ticket lock collapses because each hand-off waits for half of the waiters, and only then.

Boyd-Wickizer, Kaashoek, Morris, Zeldovich, *Non-scalable locks are dangerous*, 2012: with k
waiters a hand-off serves at the rate 1 / (s + c k / 2), c being the time that one waiter's fetch
keeps the line. Their model is the Markov chain of the number of cores at the lock.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from sim.engine import isa
from sim.engine.state import Distance
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from sim.sync.ticket_lock import TicketLock
from tests.machines import new_program, operation, start, window
from tests.theory.estimates import throughputs, within_three_standard_errors

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
    distance = Distance.uniform(cores, 100, occupancy)
    run = run_program(asm, [0] * cores, distance, window(OPERATIONS, 500))
    return run.elapsed / OPERATIONS


@pytest.mark.parametrize("occupancy", [100, 200, 400])
def test_each_further_waiter_adds_half_an_occupancy_to_a_hand_off(occupancy: int) -> None:
    few, many = cycles_per_operation(6, occupancy), cycles_per_operation(48, occupancy)
    # The mean of a uniform place in the sweep: 10,000 of them have a standard error of 0.6 %.
    assert (many - few) / (48 - 6) == pytest.approx(occupancy / 2, rel=0.02)


def test_without_occupancy_further_waiters_add_nothing() -> None:
    assert cycles_per_operation(6, 0) == cycles_per_operation(48, 0)


# --- the whole chain: think and hold times drawn, nothing but the waiters' fetches costs anything

THINK, SERIAL = 20_000, 1_000
REPLICATIONS = 24  # with 8 the standard error itself is off by a quarter, over ten comparisons
CORES = (1, 4, 8, 12, 16, 20, 24, 32, 40, 48)


def chain_throughput(cores: int, occupancy: int) -> float:
    """Acquisitions per cycle of the paper's chain: exponential times, n - k cores that think."""
    weight = [1.0]
    for at_lock in range(cores):
        hand_off = SERIAL + occupancy * at_lock / 2
        weight.append(weight[-1] * (cores - at_lock) / THINK * hand_off)
    thinking = sum(w * (cores - at_lock) for at_lock, w in enumerate(weight)) / sum(weight)
    return thinking / THINK


@cache
def simulated(cores: int, occupancy: int) -> list[float]:
    asm = new_program()
    lock = TicketLock(asm)

    def body(asm: Assembler) -> None:
        with operation(asm):
            asm.emit(isa.COMPUTE_DRAWN, value=THINK)
            lock.acquire(asm)
            asm.emit(isa.COMPUTE_DRAWN, value=SERIAL)
            lock.release(asm)

    return throughputs(asm, body, cores, occupancy=occupancy, replications=REPLICATIONS)


@pytest.mark.parametrize("cores", CORES)
def test_without_occupancy_throughput_is_that_of_the_chain(cores: int) -> None:
    assert within_three_standard_errors(simulated(cores, 0), [chain_throughput(cores, 0)])


@pytest.mark.parametrize("cores", CORES)
def test_with_occupancy_throughput_is_that_of_the_chain_within_3_percent(cores: int) -> None:
    # A place in the sweep is uniform, the chain's service exponential: alike, not the same.
    measured = np.mean(simulated(cores, 100))
    assert measured == pytest.approx(chain_throughput(cores, 100), rel=0.03)


def test_throughput_collapses_with_occupancy_and_not_without() -> None:
    collapsing = [float(np.mean(simulated(cores, 100))) for cores in CORES]
    assert collapsing[-1] < 0.5 * max(collapsing)
    saturating = [float(np.mean(simulated(cores, 0))) for cores in CORES]
    assert saturating == pytest.approx(sorted(saturating), rel=0.01)
    assert saturating[-1] == pytest.approx(1 / SERIAL, rel=0.01)
