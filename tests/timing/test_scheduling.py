"""Sleeping, waking, interrupts and switches take exactly their time, each looked at a cycle off.

Core 0 does something at NOW; what core 1 does around that time is its one operation.
"""

from __future__ import annotations

import pytest

from sim.engine import isa
from sim.program.assembler import Assembler
from sim.program.simulation import Measurement, run_program
from tests.machines import costs, new_program, operation, start, window
from tests.timing.acts import Act, Timed, run_acts

NOW = 10_000
PACKAGES = [0, 1]
COSTS = costs(PACKAGES)
SWITCH, WAKE, TRANSFER = COSTS.context_switch_cycles, COSTS.wake_cycles, COSTS.transfer

LATE = pytest.mark.parametrize("late", [-2, -1, 0, 1, 2])
"""Cycles after the moment at which a transition is due."""


def run(*threads: Timed, measured: Timed) -> Measurement:
    return run_acts(threads, measured, PACKAGES, COSTS)


def latency(*threads: Timed, measured: Timed) -> int:
    return int(run(*threads, measured=measured).latencies[0])


def emits(op: int, **operands: int) -> Act:
    return lambda asm: asm.emit(op, **operands)


# --- interrupts


@LATE
def test_an_interrupt_is_there_when_its_way_is_over_and_not_before(late: int) -> None:
    way = 70
    sent = (0, NOW, emits(isa.SEND_IPI, value=1, target=way))
    took = latency(sent, measured=(1, NOW + way + late, emits(isa.AWAIT_IPI)))
    assert took == max(-late, 0)


@LATE
def test_of_two_interrupts_the_one_that_arrives_first_counts(late: int) -> None:
    def twice(asm: Assembler) -> None:
        asm.emit(isa.SEND_IPI, value=1, target=100)
        asm.emit(isa.SEND_IPI, value=1, target=100 + late)

    took = latency((0, NOW, twice), measured=(1, 0, emits(isa.AWAIT_IPI)))
    assert took == NOW + 100 + min(late, 0)


@LATE
def test_a_handler_takes_its_cycles_before_an_event_that_has_not_come_and_from_no_earlier_one(
    late: int,
) -> None:
    def work(asm: Assembler) -> None:
        asm.emit(isa.LOAD, address=8, dst=9)
        asm.compute(100)

    work_takes = COSTS.memory_cycles + 100
    handler = (0, NOW, emits(isa.INTERRUPT, value=1, target=500))
    measured = (1, NOW - work_takes + late, work)
    # The end of the operation is an event, too; at equal times core 0 goes first.
    assert latency(handler, measured=measured) == work_takes + (500 if late >= 0 else 0)


# --- times that are awaited


@LATE
def test_a_time_is_awaited_exactly(late: int) -> None:
    took = latency(measured=(1, NOW + late, emits(isa.AWAIT_TIME, value=NOW)))
    assert took == max(-late, 0)


@LATE
def test_idling_lasts_to_the_next_multiple_and_from_a_multiple_to_the_next(late: int) -> None:
    took = latency(measured=(1, NOW + late, emits(isa.ALIGN, value=NOW)))
    assert took == (-late if late < 0 else NOW - late)


@LATE
def test_a_service_that_was_submitted_is_done_when_it_would_be_if_requested(late: int) -> None:
    def submit_and_wait(asm: Assembler) -> None:
        asm.emit(isa.SUBMIT, value=300, dst=9)
        asm.compute(300 + late)
        asm.emit(isa.AWAIT_TIME, source=9)

    assert latency(measured=(1, NOW, submit_and_wait)) == 300 + max(late, 0)


@LATE
@pytest.mark.parametrize("op", [isa.POST, isa.PREFETCH])
def test_a_line_that_is_not_waited_for_is_there_after_a_transfer(op: int, late: int) -> None:
    def ahead(asm: Assembler) -> None:
        asm.emit(op, address=0, value=1, dst=9)
        asm.compute(int(TRANSFER[0, 1]) + late)
        asm.emit(isa.AWAIT_TIME, source=9)

    stored = (0, 0, emits(isa.STORE, address=0, value=1))
    assert latency(stored, measured=(1, NOW, ahead)) == TRANSFER[0, 1] + max(late, 0)


# --- sleeping and waking


@LATE
def test_who_looks_before_the_word_changes_sleeps_and_who_looks_after_does_not(late: int) -> None:
    def change_and_wake_later(asm: Assembler) -> None:
        asm.emit(isa.STORE, address=0, value=1)  # the word changes as the store begins
        asm.compute(NOW)
        asm.emit(isa.WAKE, address=0, value=1)

    changed = (0, NOW, change_and_wake_later)
    took = latency(changed, measured=(1, NOW + late, emits(isa.PARK, address=0, value=0)))
    woken = COSTS.memory_cycles + NOW + WAKE + SWITCH
    assert took == (woken - late if late < 0 else 0)


@LATE
def test_a_sleeper_whose_core_is_busy_goes_on_at_the_first_yield_after_it_is_ready(
    late: int,
) -> None:
    ready = NOW + WAKE

    def busy(asm: Assembler) -> None:
        asm.compute(ready + late)  # it was switched in at time 0, which costs nothing
        asm.emit(isa.YIELD, value=0)
        asm.compute(5000)

    asm = new_program()
    asm.new_lines()

    def sleep(asm: Assembler) -> None:
        with operation(asm):
            asm.emit(isa.PARK, address=0, value=0)

    def wake(asm: Assembler) -> None:
        asm.compute(NOW)
        asm.emit(isa.WAKE, address=0, value=1)

    start(asm, 1, sleep, times=1)
    start(asm, 1, busy, times=1)
    start(asm, 0, wake, times=1)
    took = run_program(asm, PACKAGES, COSTS, window(1), 1).latencies[0]
    assert took == ready + late + SWITCH + (5000 if late < 0 else 0)


@LATE
def test_a_thread_gives_way_when_it_has_run_for_as_long_as_it_may(late: int) -> None:
    may = 1000
    asm = new_program()

    def first(asm: Assembler) -> None:
        asm.compute(may + late)
        asm.emit(isa.YIELD, value=may)
        asm.compute(5000)

    def second(asm: Assembler) -> None:
        with operation(asm):
            asm.compute(1)

    start(asm, 0, first, times=1)
    start(asm, 0, second, times=1)
    run = run_program(asm, [0], costs([0]), window(1), 1)
    assert run.elapsed == may + late + SWITCH + 1 + (5000 if late < 0 else 0)


def test_a_wake_that_comes_before_the_sleep_is_not_remembered() -> None:
    early = (0, NOW, emits(isa.WAKE, address=0, value=1))
    late = (0, 3 * NOW, emits(isa.WAKE, address=0, value=1))
    took = latency(early, measured=(1, NOW + 1, emits(isa.PARK, address=0, value=7)))
    assert took == 0  # the word is another: no sleep, no wake needed
    took = latency(early, late, measured=(1, NOW + 1, emits(isa.PARK, address=0, value=0)))
    # The second thread of core 0 starts when the first has ended, one switch later.
    assert took == NOW + SWITCH + 3 * NOW - NOW - 1 + WAKE + SWITCH
