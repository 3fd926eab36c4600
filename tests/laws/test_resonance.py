"""A lock that costs a little more or less is a little slower or faster, or the run says so."""

from __future__ import annotations

from statistics import mean

import pytest

from sim.__main__ import main
from sim.config.compose import compose
from sim.engine import isa
from sim.program.assembler import Assembler
from sim.resonance import JUMP, PROBED, SLACK, draws_nothing, is_resonant
from sim.simulate import Point, Row, simulate
from sim.statistics import half_interval
from sim.sync.spin_lock import KINDS

FIXED = "workload.think=fixed"
LOCKS = [*KINDS, "adaptive_mutex", "queued_mutex"]
PLACES = {
    "opteron_8x6": (48, "round_robin", 100, 0),
    "opteron_16x6": (96, "package", 0, 0),
    "epyc_7742_2x64": (89, "round_robin", 100, 0),
    "mesh_64": (64, "package", 100, 1000),
    "amd_8x4": (32, "package", 1000, 5000),
}
"""Cores, their order, hold time and think time on a machine."""


def points(lock: str, machine: str, *overrides: str) -> list[Row]:
    """A point's replications, at the machine's place."""
    cores, order, hold, think = PLACES[machine]
    chosen = ["workload=micro/lock", f"workload.lock={lock}", f"hardware={machine}"]
    times = [f"workload.hold_cycles={hold}", f"workload.think_cycles={think}", FIXED]
    where = [f"cores=[{cores}]", f"order={order}", "run.replications=3"]
    return simulate(compose([*chosen, *where, *times, *overrides])).points


def throughput(rows: list[Row]) -> float:
    return mean(row["throughput"] for row in rows)


def half(rows: list[Row]) -> float:
    """Half of the interval, as a part of the mean."""
    values = [row["throughput"] for row in rows]
    return (half_interval(values) or 0.0) / mean(values)


@pytest.mark.parametrize("machine", PLACES)
@pytest.mark.parametrize("lock", LOCKS)
def test_a_tenth_on_the_interconnect_does_not_change_a_lock_by_a_factor_or_the_run_says_so(
    lock: str, machine: str
) -> None:
    scales = ("0.9", "1", "1.1")
    runs = [points(lock, machine, f"hardware.interconnect_scale={scale}") for scale in scales]
    for nearer, farther in zip(runs, runs[1:], strict=False):
        if nearer[0]["resonant"] or farther[0]["resonant"]:
            continue
        unsure = half(nearer) + half(farther)
        gain = throughput(nearer) / throughput(farther)
        assert 1 - SLACK - unsure <= gain <= JUMP + unsure


@pytest.mark.parametrize("machine", PLACES)
def test_of_cores_that_come_back_at_once_none_keeps_a_qspinlock_from_the_others(
    machine: str,
) -> None:
    at_once = ["workload.hold_cycles=100", "workload.think_cycles=0"]
    for order in ("package", "round_robin"):
        queued, mcs = (
            throughput(points(lock, machine, *at_once, f"order={order}"))
            for lock in ("qspinlock", "mcs")
        )
        assert queued > mcs / 5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_point_whose_neighbours_are_much_slower_or_faster_is_resonant(seed: int) -> None:
    thinks = ["workload.hold_cycles=100", "workload.think_cycles=1000", f"run.seed={seed}"]
    rows = points("queued_mutex", "opteron_8x6", "cores=[36]", "order=package", *thinks)
    assert half(rows) < SLACK
    assert [row["resonant"] for row in rows] == [1, 1, 1]


def test_cores_that_think_for_a_time_drawn_anew_do_not_fall_into_step() -> None:
    thinks = ["workload.hold_cycles=100", "workload.think_cycles=1000", "cores=[24]"]
    rows = points(
        "queued_mutex", "opteron_8x6", "order=package", *thinks, "workload.think=exponential"
    )
    assert [row["resonant"] for row in rows] == [0, 0, 0]


def test_no_resonant_point_has_an_interval_in_the_table(capsys: pytest.CaptureFixture) -> None:
    lock = ["workload=micro/lock", "workload.lock=queued_mutex"]
    times = ["workload.hold_cycles=100", "workload.think_cycles=1000", FIXED]
    assert main(["run", *lock, *times, "cores=[1,24]"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()[-2:]]
    assert [(row[0], row[2]) for row in rows] == [("1", "+-0.0%"), ("24", "resonant")]


@pytest.mark.parametrize("workload", ["micro/lock", "micro/line_sharing", "micro/unmap"])
def test_one_core_is_not_resonant(workload: str) -> None:
    config = compose([f"workload={workload}", "cores=[1,2]", "run=smoke"])
    assert {row["resonant"] for row in simulate(config).points} == {0}


def run_of(times: dict[float, float]) -> bool:
    """Whether three equal replications are resonant if a change of costs gives those times."""
    return is_resonant([100.0, 100.0, 100.0], lambda factor: times.get(factor, 100.0) / 100)


@pytest.mark.parametrize("factor", [0.9, 0.98, 1.02, 1.1])
def test_a_time_in_proportion_to_the_costs_or_none_of_their_business_is_not_resonant(
    factor: float,
) -> None:
    assert not run_of({factor: 100 * factor})
    assert not run_of({})


@pytest.mark.parametrize(
    ("factor", "within", "beyond"),
    [
        (0.9, 105, 106),  # slower although lines are cheaper
        (0.98, 105, 106),
        (1.02, 95, 94),  # faster although they are dearer
        (1.1, 95, 94),
        (0.9, 67, 66),  # another order
        (0.98, 67, 66),
        (1.02, 150, 151),
        (1.1, 150, 151),
    ],
)
def test_a_time_that_goes_the_wrong_way_or_jumps_is_resonant(
    factor: float, within: float, beyond: float
) -> None:
    assert not run_of({factor: within})
    assert run_of({factor: beyond})


def test_a_run_with_other_costs_that_does_not_end_is_a_jump() -> None:
    assert run_of({1.1: float("inf")})
    assert run_of({0.9: float("inf")})


def test_where_replications_differ_widely_their_interval_says_enough() -> None:
    def never(factor: float) -> float:
        raise AssertionError(factor)

    assert not is_resonant([90.0, 100.0, 110.0], never)


@pytest.mark.parametrize("op", [isa.DRAW, isa.COMPUTE_DRAWN, isa.SAMPLE])
def test_a_program_with_a_draw_in_it_draws(op: int) -> None:
    asm = Assembler()
    asm.compute(100)
    assert draws_nothing(asm)
    with asm.registers(1) as (r,):
        asm.emit(op, dst=r, value=100)
    assert not draws_nothing(asm)


@pytest.mark.parametrize("level", ["quick", "sketch", "smoke"])
def test_what_the_window_begins_with_is_what_a_run_of_that_alone_measures(level: str) -> None:
    chosen = ["workload=micro/lock", "workload.lock=ticket", FIXED, "cores=[2,24]"]
    config = compose([*chosen, f"run={level}"])
    for cores in config.core_counts:
        point = Point(config, cores)
        early, alone = point.reading(1).early, point.early_at(1.0, 1)
        assert early.operations == alone.operations >= min(PROBED * cores, point.window.operations)
        assert (early.elapsed, early.latency_mean) == (alone.elapsed, alone.latency_mean)
