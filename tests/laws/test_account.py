"""Every cycle of every core is accounted for, once."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings

from sim.engine.simulation import EngineError, Measurement, run_program
from tests.engine.random_programs import Case, cases


def measured(case: Case) -> Measurement:
    try:
        return run_program(case.program, case.packages, case.distance, case.window, case.seed)
    except EngineError:
        assume(False)
        raise


@settings(max_examples=200)
@given(cases())
def test_the_cycles_of_each_core_sum_to_the_length_of_the_window(case: Case) -> None:
    run = measured(case)
    np.testing.assert_array_equal(run.account.sum(axis=(1, 2, 3)), run.elapsed)


@settings(max_examples=100)
@given(cases())
def test_no_entry_of_the_account_and_no_latency_is_negative(case: Case) -> None:
    run = measured(case)
    assert (run.account >= 0).all()
    assert (run.latencies >= 0).all()
