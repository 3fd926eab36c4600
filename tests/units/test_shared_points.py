"""What curves have in common is simulated once, and to the same rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim.simulate
from sim import shared_points
from sim.config.compose import compose
from sim.program.simulation import Measurement, run_program
from sim.reading import Reading
from sim.simulate import Point, simulate

COUNTER = ["workload=micro/counter", "run=smoke", "cores=[1,4]"]
TWO_SEEDS = ["workload.think_cycles=500", "run.replications=2", "run.minimum_replications=2"]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Measurement]]:
    """Every run of the engine."""
    found: list[Measurement] = []

    def kept(*arguments, **named):
        found.append(run_program(*arguments, **named))
        return found[-1]

    monkeypatch.setattr(sim.simulate, "run_program", kept)
    yield found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workflow's folder of points, whatever a point takes."""
    monkeypatch.setattr(shared_points, "LEAST_EVENTS", 0)
    folder = tmp_path / shared_points.NAME
    shared_points.begin(folder)
    yield folder
    shared_points.end(folder)
    assert not folder.exists()


def rows(*overrides: str):
    outcome = simulate(compose([*COUNTER, *overrides]))
    return outcome.points, outcome.account


@pytest.mark.usefixtures("folder")
def test_the_second_curve_takes_what_the_first_has_simulated(runs):
    first = rows()
    assert runs
    runs.clear()
    assert rows() == first
    assert not runs


def test_what_is_taken_counts_as_if_it_had_been_simulated(folder):
    rows()
    simulated = sum(float(file.read_text().partition("\n")[0]) for file in folder.iterdir())
    before = shared_points.seconds_taken()
    rows()
    assert shared_points.seconds_taken() - before == pytest.approx(simulated)
    assert simulated > 0


@pytest.mark.usefixtures("folder")
def test_more_core_counts_are_simulated_alone(runs):
    rows()
    runs.clear()
    rows("cores=[1,4,6]")
    assert {len(run.account) for run in runs} == {6}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "override",
    [
        "run.seed=2",
        "run.minimum_operations=20",
        "run.warmup_operations=16",
        "workload.think_cycles=1001",
        "hardware.coherence.local_transfer_cycles=118",
        "hardware=intel_2x4",
    ],
)
def test_whatever_a_run_depends_on_makes_it_another(runs, override):
    rows()
    runs.clear()
    expected = rows(override)
    count = len(runs)
    assert count
    shared_points.end(Path(os.environ[shared_points.VARIABLE]))
    assert rows(override) == expected


@pytest.mark.usefixtures("folder")
def test_what_is_taken_does_not_depend_on_what_it_was_left_for():
    """A window may be all of one run, and what another looks at with other costs."""
    long = Point(compose([*COUNTER, "run.operations=80"]), 4)
    short = Point(compose([*COUNTER, "run.operations=40"]), 4)
    expected = short._run(short.window, short.site.distance, 1)
    left = long.early_at(1.0, 1)
    assert left.operations == short.window.operations
    assert short.reading(1).to_text() == short.read(expected, short.window).to_text()


@pytest.mark.usefixtures("folder")
def test_kernels_that_make_the_same_program_share_their_points(runs):
    """A workload that asks nothing of the kernel that differs."""
    common = ["workload=micro/counter", "run=smoke", "cores=[2]"]
    stock = simulate(compose([*common, "kernel=linux_stock"])).points
    runs.clear()
    pk = simulate(compose([*common, "kernel=linux_pk"])).points
    assert not runs
    assert [row | {"kernel": "linux_stock"} for row in pk] == stock


def test_a_damaged_point_is_simulated_again(runs, folder):
    expected = rows()
    for content in (b"", b"1\n{}", b"1\n[1]", b"\xff", b'1\n{"operations": 1'):
        for file in folder.iterdir():
            file.write_bytes(content)
        assert rows() == expected


def test_what_is_simulated_in_a_moment_is_not_kept(folder, monkeypatch):
    monkeypatch.setattr(shared_points, "LEAST_EVENTS", 10**9)
    rows()
    assert not list(folder.iterdir())


def test_a_run_outside_a_workflow_takes_nothing(runs):
    assert shared_points.VARIABLE not in os.environ
    rows()
    count = len(runs)
    rows()
    assert len(runs) == 2 * count


@pytest.mark.parametrize("seed", range(3))
def test_a_reading_is_the_same_again_after_it_was_written(seed):
    reading = Point(compose([*COUNTER, *TWO_SEEDS]), 4).reading(seed)
    again = Reading.from_text(reading.to_text())
    assert again.to_text() == reading.to_text()
    assert (again.account == reading.account).all()
