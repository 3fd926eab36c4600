"""Every cycle of every core is accounted for, once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings

from sim.engine import isa
from sim.program.assembler import Assembler
from sim.program.simulation import EngineError, Measurement, run_program, summary
from tests.engine.random_programs import Case, cases
from tests.machines import LOCKS, costs, new_program, operation, opteron, start, window


def measured(case: Case) -> Measurement:
    try:
        return run_program(
            case.program,
            case.packages,
            case.distance,
            case.window,
            case.seed,
            speeds=case.speeds,
        )
    except EngineError:
        assume(False)
        raise


@settings(max_examples=200)
@given(cases())
def test_the_cycles_of_each_core_sum_to_the_length_of_the_window(case: Case) -> None:
    run = measured(case)
    np.testing.assert_array_equal(run.account.sum(axis=(1, 2, 3)), run.elapsed)


@pytest.mark.parametrize("kind", LOCKS)
def test_they_do_so_too_where_many_spin(kind: str) -> None:
    packages, distance = opteron(12)
    asm = new_program()
    lock = LOCKS[kind](asm, 12)

    def body(asm: Assembler) -> None:
        with operation(asm):
            lock.acquire(asm)
            asm.compute(200)
            lock.release(asm)
            asm.emit(isa.COMPUTE_DRAWN, value=300)

    for core in range(12):
        start(asm, core, body)
    run = run_program(asm, packages, distance, window(300, warmup=50), 1)
    np.testing.assert_array_equal(run.account.sum(axis=(1, 2, 3)), run.elapsed)
    assert (run.account >= 0).all()


@settings(max_examples=100)
@given(cases())
def test_no_entry_of_the_account_and_no_latency_is_negative(case: Case) -> None:
    run = measured(case)
    assert (run.account >= 0).all()
    assert (run.latencies >= 0).all()


def test_idling_until_a_time_is_charged_to_the_object_that_idles() -> None:
    asm = new_program()

    def body(asm: Assembler) -> None:
        with operation(asm):
            asm.compute(300)
            with asm.at("clock", isa.USER):
                asm.emit(isa.ALIGN, value=1000)

    start(asm, 0, body)
    run = run_program(asm, [0], costs([0]), window(10, warmup=1), 1)
    assert summary(run)["idle", "clock", "blocked"] == 700
