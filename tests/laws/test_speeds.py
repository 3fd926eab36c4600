"""Cores of different speeds: work takes 1/speed of its time, all beyond the core its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.config.compose import compose
from sim.engine import isa
from sim.machine.site import open_site
from sim.program.assembler import Assembler
from sim.program.simulation import Measurement, run_program
from sim.simulate import simulate
from tests.engine.random_programs import Case, cases
from tests.laws.test_account import measured
from tests.machines import assert_same, costs, new_program, operation, start, window

SPEED = st.floats(0.05, 20.0)
WORK = 100_000


def working(speeds: list[float], body, operations: int = 2000) -> Measurement:
    asm = new_program()
    emit = body(asm)

    def whole(asm: Assembler) -> None:
        with operation(asm):
            emit(asm)

    for core in range(len(speeds)):
        start(asm, core, whole)
    packages = [0] * len(speeds)
    return run_program(asm, packages, costs(packages), window(operations), speeds=speeds)


def pure_work(asm: Assembler):
    return lambda asm: asm.compute(WORK)


@settings(max_examples=30)
@given(st.lists(SPEED, min_size=1, max_size=8))
def test_throughput_of_pure_work_is_the_sum_of_the_speeds(speeds: list[float]) -> None:
    run = working(speeds, pure_work)
    throughput = run.operations * WORK / run.elapsed
    # each core may be up to an operation ahead of what it has completed; a pace has 16 bits
    assert throughput == pytest.approx(sum(speeds), rel=len(speeds) / run.operations + 1e-3)


def test_drawn_work_takes_twice_as_long_at_half_the_speed() -> None:
    def body(asm: Assembler):
        return lambda asm: asm.emit(isa.COMPUTE_DRAWN, value=WORK)

    full, half = working([1.0], body), working([0.5], body)
    assert half.elapsed == 2 * full.elapsed


def test_lines_memory_and_servers_take_their_own_time() -> None:
    def body(asm: Assembler):
        line, server = asm.new_lines(), asm.new_servers()

        def emit(asm: Assembler) -> None:
            asm.emit(isa.FETCH_ADD, address=line, value=1)
            asm.emit(isa.REQUEST, address=server, value=700)

        return emit

    assert_same(working([1.0] * 3, body), working([0.25] * 3, body))


def test_a_slow_core_takes_longer_for_handlers_and_switches_of_threads() -> None:
    def elapsed(speed: float) -> int:
        asm = new_program()

        def yields(asm: Assembler) -> None:
            with operation(asm):
                asm.compute(10)
                asm.emit(isa.INTERRUPT, value=0, target=500)
                asm.emit(isa.YIELD)

        for _ in range(2):
            start(asm, 0, yields)
        return run_program(asm, [0], costs([0]), window(50, warmup=10), speeds=[speed]).elapsed

    assert elapsed(0.5) == 2 * elapsed(1.0) > 0


@settings(max_examples=60)
@given(cases())
def test_speeds_of_one_change_nothing(case: Case) -> None:
    plain = Case(**vars(case) | {"speeds": []})
    ones = Case(**vars(case) | {"speeds": [1.0] * len(case.packages)})
    assert_same(measured(plain), measured(ones))


def test_a_package_and_a_core_within_it_have_speeds_that_multiply() -> None:
    hardware = compose(
        [
            "hardware.topology.package_speeds=[1,0.5,1,1,1,1,1,1]",
            "hardware.topology.core_speeds=[1,1,1,1,2,4]",
        ]
    ).hardware
    assert open_site(hardware, 12, "package").speeds == (1, 1, 1, 1, 2, 4, 0.5, 0.5, 0.5, 0.5, 1, 2)
    dealt = open_site(hardware, 16, "round_robin").speeds
    assert dealt == (1, 0.5, *[1] * 6) * 2


def test_the_machine_of_two_speeds_does_compute_bound_work_by_their_sum() -> None:
    chosen = ["workload=micro/counter", "workload.counter=per_core", "workload.read_fraction=0"]
    chosen += ["workload.think_cycles=1000000", "run=smoke", "run.operations=40", "cores=[48]"]
    throughput = {
        machine: np.mean(
            [
                row["throughput"]
                for row in simulate(compose([*chosen, f"hardware={machine}"])).points
            ]
        )
        for machine in ("opteron_8x6", "hetero_8x6")
    }
    speeds = (12 + 36 * 0.5) / 48
    ratio = throughput["hetero_8x6"] / throughput["opteron_8x6"]
    assert ratio == pytest.approx(speeds, rel=0.05)
