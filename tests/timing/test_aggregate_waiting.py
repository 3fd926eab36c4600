"""Waiters served in one sweep behave as waiters that are simulated one by one."""

from __future__ import annotations

import pytest

from sim.engine import isa
from sim.program.assembler import Assembler
from sim.program.simulation import Measurement, run_program
from sim.sync.ticket_lock import TicketLock, TicketLockOneByOne
from tests.machines import new_program, operation, opteron, start, window


def contend(
    kind: type[TicketLock], cores: int, hold: int, think: int, seed: int = 1, wait: bool = False
) -> Measurement:
    packages, distance = opteron(cores)
    distance = distance._replace(stores_wait=int(wait))
    asm = new_program()
    lock = kind(asm)

    def body(asm: Assembler) -> None:
        with operation(asm):
            lock.acquire(asm)
            asm.compute(hold)
            lock.release(asm)
            asm.emit(isa.COMPUTE_DRAWN, value=think)

    for core in range(cores):
        start(asm, core, body)
    return run_program(asm, packages, distance, window(4000, warmup=500), seed)


CORES = (2, 6, 12, 18, 24, 48)
SEEDS = range(1, 6)  # at the knee of a collapse single runs differ by more than the two locks


@pytest.mark.parametrize(
    ("hold", "think"),
    [(400, 500), (1000, 500), (3000, 500), (400, 2000), (400, 20_000), (3000, 10_000)],
)
@pytest.mark.parametrize(
    ("cores", "stores_wait", "tolerance"),
    [(cores, False, 0.08) for cores in CORES] + [(cores, True, 0.15) for cores in (6, 18, 48)],
)
def test_a_ticket_lock_takes_the_same_time(
    hold: int, think: int, cores: int, stores_wait: bool, tolerance: float
) -> None:
    def elapsed(kind: type[TicketLock]) -> int:
        return sum(contend(kind, cores, hold, think, s, stores_wait).elapsed for s in SEEDS)

    assert elapsed(TicketLock) == pytest.approx(elapsed(TicketLockOneByOne), rel=tolerance)


# A core that asks for the lock again as soon as it released it writes to the line while the lock
# is handed on. That holds up waiters that fetch one by one, but not the one that a sweep has
# already let pass: the aggregate is the faster one, the more so the shorter the lock is held.
# Where stores wait for reads it may be the slower one: the sweep that the new holder's release
# waits for is longer by those that have seen their turn pass.
@pytest.mark.parametrize(("stores_wait", "least", "most"), [(False, 0.75, 1.0), (True, 0.9, 1.25)])
@pytest.mark.parametrize("cores", CORES)
@pytest.mark.parametrize("hold", [1000, 3000])
def test_without_think_time_a_ticket_lock_differs_by_at_most_25_percent(
    hold: int, cores: int, stores_wait: bool, least: float, most: float
) -> None:
    aggregate = contend(TicketLock, cores, hold, 0, wait=stores_wait).elapsed
    one_by_one = contend(TicketLockOneByOne, cores, hold, 0, wait=stores_wait).elapsed
    assert least * one_by_one <= aggregate <= most * one_by_one


def test_a_hand_off_among_many_waiters_takes_fewer_events() -> None:
    aggregate = contend(TicketLock, 48, 1000, 0)
    one_by_one = contend(TicketLockOneByOne, 48, 1000, 0)
    assert aggregate.events * 5 < one_by_one.events
