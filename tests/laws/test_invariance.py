"""What must not change a result does not, and what must scale it scales it exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.engine import isa
from sim.engine.state import Distance
from sim.program.assembler import Assembler
from sim.program.simulation import EngineError, Measurement, run_program
from tests.engine.random_programs import Case, cases
from tests.machines import assert_same, costs, new_program, operation, start, window

UNIT = 2**16  # cycles: multiples of it are drawn without rounding
STEPS = st.sampled_from(["compute", "drawn", "bulk", "load", "store", "serve", "align", "yield"])


def run(case: Case) -> Measurement:
    try:
        return run_program(case.program, case.packages, case.distance, case.window, case.seed)
    except EngineError:
        assume(False)
        raise


def scaled(distance: Distance, factor: int) -> Distance:
    costs = Distance(*(value * factor for value in distance))
    return costs._replace(packages=distance.packages, groups=distance.groups)


def random_walk(
    steps: list[tuple[str, int]], locked: bool, cores: int, threads: int, unit: int
) -> Assembler:
    """Threads that take the steps for ever, perhaps under a ticket lock."""
    asm = new_program()
    data, lock, _ = asm.new_lines(2), asm.new_lines(), asm.new_servers(2)
    with asm.registers(2) as (r, ticket):

        def body(asm: Assembler) -> None:
            with operation(asm):
                if locked:
                    asm.emit(isa.FETCH_ADD, address=lock, dst=ticket, value=1)
                    asm.emit(isa.AWAIT_TURN, address=lock + 1, source=ticket)
                for kind, size in steps:
                    line = data + size % 2 * isa.WORDS_PER_LINE
                    if kind == "compute":
                        asm.compute(size * unit)
                    elif kind == "drawn":
                        asm.emit(isa.COMPUTE_DRAWN, value=size * unit)
                    elif kind == "bulk":
                        asm.emit(isa.BULK, value=size % 5)
                    elif kind == "load":
                        asm.emit(isa.LOAD, address=line, dst=r)
                    elif kind == "store":
                        asm.emit(isa.STORE, address=line, value=1)
                    elif kind == "serve":
                        asm.emit(isa.REQUEST, address=size % 2, value=size * unit)
                    elif kind == "align":
                        asm.emit(isa.ALIGN, value=(size + 1) * unit)
                    else:
                        asm.emit(isa.YIELD, value=size * unit)
                if locked:
                    asm.emit(isa.INCREMENT, address=lock + 1, value=1)

        for thread in range(threads):
            start(asm, thread % cores, body)
    return asm


@settings(max_examples=100)
@given(
    steps=st.lists(st.tuples(STEPS, st.integers(0, 100)), min_size=1, max_size=8),
    locked=st.booleans(),
    packages=st.lists(st.integers(0, 2), min_size=1, max_size=5),
    two_threads=st.booleans(),
    k=st.sampled_from([2, 3, 7]),
    seed=st.integers(0, 100),
)
def test_scaling_all_latencies_by_k_scales_time_by_k(
    steps: list[tuple[str, int]],
    locked: bool,
    packages: list[int],
    two_threads: bool,
    k: int,
    seed: int,
) -> None:
    cores = len(packages)
    # With a lock one thread for each core: a holder that yields to a spinner deadlocks.
    threads = 2 * cores if two_threads and not locked else cores
    distance = costs(packages)
    one, other = (
        run_program(
            random_walk(steps, locked, cores, threads, UNIT * factor),
            packages,
            scaled(distance, UNIT * factor),
            window(12, warmup=2, maximum=2**49),
            seed,
        )
        for factor in (1, k)
    )
    assert one.elapsed * k == other.elapsed
    assert one.events == other.events
    np.testing.assert_array_equal(one.latencies * k, other.latencies)
    np.testing.assert_array_equal(one.account * k, other.account)


@settings(max_examples=50)
@given(cases())
def test_the_same_seed_gives_the_same_result(case: Case) -> None:
    assert_same(run(case), run(case))


def test_another_seed_gives_another_result_where_something_is_drawn() -> None:
    asm = new_program()

    def body(asm: Assembler) -> None:
        with operation(asm):
            asm.emit(isa.COMPUTE_DRAWN, value=1000)

    start(asm, 0, body)
    elapsed = {run_program(asm, [0], costs([0]), window(100), seed).elapsed for seed in range(20)}
    assert len(elapsed) == 20


def test_another_seed_changes_nothing_where_nothing_is_drawn_and_nobody_queues() -> None:
    asm = new_program()
    lines = asm.new_lines(4)

    def body(asm: Assembler) -> None:
        with operation(asm):
            asm.compute(100)
            asm.emit(isa.FETCH_ADD, address=lines, index=isa.R_CORE, value=1)

    packages = [0, 0, 1, 2]
    for core in range(4):
        start(asm, core, body)
    first, *others = (
        run_program(asm, packages, costs(packages), window(100), seed) for seed in range(5)
    )
    for other in others:
        assert_same(first, other)


@settings(max_examples=100)
@given(cases())
def test_unused_lines_and_servers_change_nothing(case: Case) -> None:
    before = run(case)
    case.program.new_lines(3)
    case.program.new_servers(2)
    after = run(case)
    words = before.words.size
    assert not after.words[words:].any()
    assert_same(before, replace(after, words=after.words[:words]))


@settings(max_examples=100)
@given(cases())
def test_a_core_without_threads_changes_nothing(case: Case) -> None:
    before = run(case)
    after = run(replace(case, packages=[*case.packages, case.packages[0]]))
    assert after.account[-1].sum() == after.account[-1, isa.IDLE].sum() == after.elapsed
    assert_same(before, replace(after, account=after.account[:-1]))


@pytest.mark.parametrize("cores", [1, 2, 5, 12])
def test_a_server_that_takes_no_time_changes_nothing(cores: int) -> None:
    packages = [core % 3 for core in range(cores)]

    def measured(with_server: bool) -> Measurement:
        asm = new_program()
        line, servers = asm.new_lines(), asm.new_servers(2)

        def body(asm: Assembler) -> None:
            with operation(asm):
                asm.emit(isa.COMPUTE_DRAWN, value=300)
                if with_server:
                    asm.emit(isa.REQUEST, address=servers + 1, value=0)
                asm.emit(isa.FETCH_ADD, address=line, value=1)
                asm.emit(isa.REQUEST, address=servers, value=100)

        for core in range(cores):
            start(asm, core, body)
        return run_program(asm, packages, costs(packages), window(500, warmup=100), 1)

    assert_same(measured(with_server=False), measured(with_server=True))
