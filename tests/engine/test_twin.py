"""The fast machine and its twin, written separately, agree to the cycle on any program."""

from __future__ import annotations

import re

import pytest
from hypothesis import event, given, settings

from sim.engine import isa
from sim.program.assembler import Assembler
from sim.program.simulation import EngineError, Measurement, run_program
from tests.engine.random_programs import Case, cases
from tests.machines import (
    COUNTERS,
    LOCKS,
    assert_same,
    costs,
    new_program,
    operation,
    opteron,
    start,
    window,
)
from tests.oracle.run import run_program_twin
from tests.oracle.state import signed


def outcome(run, case: Case) -> Measurement | int:
    """What a run measured, or the operations that it had done when it could not go on."""
    try:
        return run(
            case.program,
            case.packages,
            case.distance,
            case.window,
            case.seed,
            speeds=case.speeds,
        )
    except EngineError as error:
        done = re.match(r"\d+", str(error))
        assert done, f"the error names no number of operations: {error}"
        return int(done.group())


@settings(max_examples=400)
@given(cases())
def test_any_program_gives_the_same_account_latencies_words_and_events(case: Case) -> None:
    fast, slow = outcome(run_program, case), outcome(run_program_twin, case)
    if isinstance(fast, int) or isinstance(slow, int):
        event("does not end")
        assert fast == slow
    else:
        event("ends")
        assert_same(fast, slow)


@pytest.mark.parametrize("cores", [1, 2, 7, 48])
@pytest.mark.parametrize("kind", LOCKS)
def test_every_lock_gives_the_same_run(kind: str, cores: int) -> None:
    packages, distance = opteron(cores)
    asm = new_program()
    lock = LOCKS[kind](asm, cores)

    def body(asm: Assembler) -> None:
        with operation(asm):
            lock.acquire(asm)
            asm.compute(1000)
            lock.release(asm)
            asm.emit(isa.COMPUTE_DRAWN, value=1500)

    for core in range(cores):
        start(asm, core, body)
    measured = window(150, warmup=50)
    # The twin first: a lock with too few lines is an error there, and a crash of the other.
    slow = run_program_twin(asm, packages, distance, measured, seed=3)
    assert_same(run_program(asm, packages, distance, measured, seed=3), slow)


@pytest.mark.parametrize("cores", [1, 3, 12])
@pytest.mark.parametrize("kind", COUNTERS)
def test_every_counter_gives_the_same_run(kind: str, cores: int) -> None:
    packages, distance = opteron(cores)
    asm = new_program()
    counter = COUNTERS[kind](asm, cores)
    with asm.registers(1) as (total,):

        def body(asm: Assembler) -> None:
            with operation(asm):
                counter.acquire(asm)
                asm.emit(isa.COMPUTE_DRAWN, value=200)
                counter.release(asm)
                counter.read_exact(asm, total)

        for core in range(cores):
            start(asm, core, body)
    measured = window(200, warmup=50)
    assert_same(
        run_program(asm, packages, distance, measured, seed=4),
        run_program_twin(asm, packages, distance, measured, seed=4),
    )


def test_three_threads_of_each_core_that_share_a_mutex_give_the_same_run() -> None:
    packages = [0, 0, 1, 1]
    asm = new_program()
    mutex = LOCKS["adaptive_mutex"](asm, 12)

    def body(asm: Assembler) -> None:
        with operation(asm):
            mutex.acquire(asm)
            asm.emit(isa.COMPUTE_DRAWN, value=900)
            asm.emit(isa.YIELD, value=1000)  # who finds the owner off its core goes to sleep
            mutex.release(asm)

    for thread in range(12):
        start(asm, thread % 4, body)
    distance, measured = costs(packages), window(300, warmup=20)
    fast = run_program(asm, packages, distance, measured, seed=5)
    assert_same(fast, run_program_twin(asm, packages, distance, measured, seed=5))
    assert fast.account[:, isa.IDLE].sum() > 0, "some core was to run out of threads"


def test_registers_and_words_wrap_at_64_bits_in_both() -> None:
    asm = new_program()
    word = asm.new_lines()

    def body(asm: Assembler) -> None:
        with operation(asm), asm.registers(1) as (r,):
            asm.emit(isa.SET, dst=r, value=2**63 - 1)
            asm.emit(isa.SET, dst=r, source=r, value=2)
            asm.emit(isa.STORE, address=word, source=r)
            asm.emit(isa.ADD, dst=r, source=r, value=3)
            asm.emit(isa.STORE, address=word + 1, source=r)
            asm.emit(isa.FETCH_ADD, address=word + 1, value=-(2**63))

    start(asm, 0, body)
    runs = [
        run(asm, [0], costs([0]), window(1), 1).words[:2].tolist()
        for run in (run_program, run_program_twin)
    ]
    least = -(2**63) + 1
    assert runs[0] == runs[1] == [least, signed(signed(4 * least) - 2**63)]


def test_both_refuse_a_program_that_deadlocks() -> None:
    asm = new_program()
    word = asm.new_lines()
    start(asm, 0, lambda asm: asm.emit(isa.AWAIT, address=word, value=1))
    for run in (run_program, run_program_twin):
        with pytest.raises(EngineError, match="^0 "):
            run(asm, [0], costs([0]), window(1), 1)


def test_both_refuse_a_program_that_outlasts_its_time() -> None:
    asm = new_program()
    word = asm.new_lines()
    start(asm, 0, lambda asm: asm.emit(isa.LOAD, address=word, dst=5))
    for run in (run_program, run_program_twin):
        with pytest.raises(EngineError, match="^0 "):
            run(asm, [0], costs([0]), window(1, maximum=1000), 1)


def test_both_go_on_for_as_long_as_operations_complete() -> None:
    asm = new_program()

    def body(asm: Assembler) -> None:
        with operation(asm):
            asm.compute(900)

    start(asm, 0, body)
    runs = [
        run(asm, [0], costs([0]), window(50, maximum=1000), 1)
        for run in (run_program, run_program_twin)
    ]
    assert_same(*runs)
    assert runs[0].elapsed == 50 * 900


@pytest.mark.parametrize("limit", [0, 1, 2, 5])
def test_both_wake_the_longest_sleepers_and_no_more_than_asked_for(limit: int) -> None:
    asm = new_program()
    word, woken = asm.new_lines(), asm.new_lines()

    def sleeper(asm: Assembler) -> None:
        asm.emit(isa.COMPUTE, value=100, source=isa.R_THREAD)
        asm.emit(isa.PARK, address=word, value=0)
        asm.emit(isa.STORE, address=woken, index=isa.R_THREAD, stride=1, value=1)

    def waker(asm: Assembler) -> None:
        with operation(asm):
            asm.compute(5000)
            asm.emit(isa.WAKE, address=word, value=limit)
            asm.compute(5000)

    for core in range(4):
        start(asm, core, sleeper, times=1)
    start(asm, 4, waker)
    packages = [0] * 5
    runs = [
        run(asm, packages, costs(packages), window(1), 1) for run in (run_program, run_program_twin)
    ]
    assert_same(*runs)
    assert runs[0].words[woken : woken + 4].tolist() == [int(n < limit) for n in range(4)]
