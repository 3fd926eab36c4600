"""A fit finds what the points decide, and says of the rest that they do not decide it.

The points are the model's own, at values that the search does not begin with.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration import cross_validation, record
from calibration.runs import Number, Point, Runs, configured, felt, points_of
from calibration.search import Fit, Prior, Problem, search
from calibration.uncertainty import covariance, deciding, estimates
from sim import version
from sim.config.compose import compose
from sim.config.files import CONF
from sim.experiment import calibration_record as records
from sim.experiment.calibrations import Calibration, load

OCCUPANCY = "hardware.coherence.{}_occupancy_cycles"
TRUE = {"local": 120, "base": 60, "hop": 180}
KEYS = [OCCUPANCY.format(name) for name in TRUE]
LINES = "machines/opteron48_line_sharing.csv"
COLUMNS = {"x_column": "active_cores", "y_column": "mean_cycles_per_write"}
WRITES = ["hardware=opteron_8x6", "workload=micro/line_sharing"]


def calibration(**changes: Any) -> Calibration:
    """Three costs of a contended line, on four core counts."""
    content: dict[str, Any] = {
        "name": "of_a_test",
        "why": "A test.",
        "fixed": ["run.replications=2", "run.minimum_replications=2", "run.operations=150"],
        "parameters": [{"key": key, "low": 20, "high": 500} for key in KEYS],
        "targets": [
            {"overrides": WRITES, "cores": [2, 6, 12, 24, 36, 48], "column": "latency_mean_cycles"}
            | {"reference": LINES, "accuracy": 0.01}
            | COLUMNS
        ],
    }
    return Calibration.model_validate(content | changes)


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    with Runs(calibration()) as found:
        yield found


@pytest.fixture(scope="module")
def problem(runs: Runs) -> Problem:
    """Points that the model makes with the true values."""
    made = calibration()
    points, start = points_of(made.targets), configured(made)
    true = runs.simulated(points, list(TRUE.values()))
    points = [replace(point, published=value) for point, value in zip(points, true, strict=True)]
    return Problem(runs, points, start, Prior.of(made.parameters, start))


@pytest.fixture(scope="module")
def fit(problem: Problem) -> Fit:
    return search(problem, problem.prior.scores(problem.start), 30)


def test_values_that_made_the_points_are_found(problem: Problem, fit: Fit) -> None:
    assert list(TRUE.values()) != problem.start
    assert np.abs(fit.errors).max() < 0.02 < np.abs(problem.errors(problem.start)).max()
    local, _, hop = fit.values
    assert (local, hop) == pytest.approx((TRUE["local"], TRUE["hop"]), rel=0.1)


def test_intervals_hold_the_values_that_made_the_points(problem: Problem, fit: Fit) -> None:
    for found, true in zip(estimates(problem, fit), TRUE.values(), strict=True):
        assert found.identified
        assert found.low < found.value < found.high and found.low < true < found.high


def test_what_no_point_feels_goes_to_the_middle_of_its_range_and_is_not_identified(
    runs: Runs, problem: Problem, fit: Fit
) -> None:
    """Two cores share a package: they say nothing of hops."""
    few = Problem(runs, problem.points[:1], problem.start, problem.prior)
    again = search(few, fit.scores, 20)
    hop = estimates(few, again)[2]
    assert not hop.identified and hop.decided_by == []
    assert hop.value == pytest.approx((20 * 500) ** 0.5, abs=1)
    assert (hop.low, hop.high) == pytest.approx((20, 500), rel=0.05)
    assert estimates(few, again)[0].identified


def test_a_point_is_predicted_by_the_fit_without_it(problem: Problem, fit: Fit) -> None:
    """What only the missing curve decided is gone, wherever the search began."""
    target = problem.points[0].target
    left = cross_validation.Left("all of it", "curve", [target])
    alone = cross_validation.without(problem, fit, left)
    assert alone.errors.size == 0
    assert alone.values == pytest.approx([(20 * 500) ** 0.5] * 3, abs=1)


def test_what_is_left_out_is_forgotten_however_badly_the_rest_fits(
    runs: Runs, problem: Problem, fit: Fit
) -> None:
    """Two cores stay, and no value suits both of their points: the prior is little of that loss."""
    first = problem.points[0]
    near = [replace(first, published=first.published * factor) for factor in (0.8, 1.25)] * 25
    target = problem.points[0].target.model_copy()
    far = [replace(point, target=target) for point in problem.points[1:]]
    both = Problem(runs, near + far, problem.start, problem.prior)
    slopes = np.vstack([fit.slopes[:1]] * 50 + [fit.slopes[1:]])
    left = cross_validation.Left("more than two cores", "curve", [target])
    alone = cross_validation.without(both, replace(fit, slopes=slopes), left)
    assert alone.values[2] == pytest.approx((20 * 500) ** 0.5, rel=0.05)


class Noisy(Runs):
    """Runs of which no two agree: the first number decides the even points, the second the odd."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(1)

    def simulated(self, points: Sequence[Point], values: Sequence[Number]) -> list[float]:
        noise = self.rng.normal(1, 0.02, len(points))
        return [values[p.cores % 2] * n for p, n in zip(points, noise, strict=True)]


def test_noise_does_not_keep_what_was_left_out(problem: Problem) -> None:
    """A search that took a step only if the whole loss fell would stay at what it had seen."""
    target = problem.points[0].target
    even, odd = target.model_copy(), target.model_copy()
    points = [Point(odd if n % 2 else even, n, 80.0) for n in range(200)]
    prior = Prior(np.log([50.0, 50.0]), np.array([1.0, 1.0]))
    noisy = Problem(Noisy(), points, [80.0, 80.0], prior)
    slopes = np.array([[1.0 - n % 2, n % 2] for n in range(200)])
    fit = Fit([80.0, 80.0], prior.scores([80.0, 80.0]), noisy.errors([80.0, 80.0]), slopes)
    alone = cross_validation.without(noisy, fit, cross_validation.Left("odd", "curve", [odd]))
    assert alone.values[0] == pytest.approx(80, rel=0.02)
    assert alone.values[1] == pytest.approx(50, rel=0.01)


def test_more_points_make_intervals_narrower() -> None:
    rng = np.random.default_rng(3)
    slopes, errors = rng.normal(size=(40, 3)), np.full(40, 0.5)
    sizes = [np.diag(covariance(errors[:n], slopes[:n])) for n in (5, 10, 40)]
    assert np.all(sizes[0] > sizes[1]) and np.all(sizes[1] > sizes[2])
    assert np.all(sizes[0] < 1)


def test_larger_errors_make_intervals_wider() -> None:
    slopes = np.random.default_rng(3).normal(size=(40, 3))
    small, large = (np.diag(covariance(np.full(40, size), slopes)) for size in (0.1, 4.0))
    assert np.all(large > 4 * small)


def test_the_points_named_as_deciding_say_nine_tenths() -> None:
    assert deciding(np.array([0.0, 3.0, 0.1, 2.0])) == [1, 3]
    assert deciding(np.zeros(3)) == []


def test_a_parameter_reaches_only_the_runs_that_feel_it() -> None:
    made = load("mosbench")
    exim = felt(made.parameters, ["workload=exim", "kernel=linux_pk"])
    labels = {made.parameters[n].label for n in exim}
    assert "exim: workload.page_faults" in labels
    assert "memcached: workload.other_system_us" not in labels
    assert "kernel.objects.network.dma_buffers.hold_cycles" not in labels
    lines = felt(made.parameters, WRITES)
    assert {made.parameters[n].key for n in lines} >= set(KEYS)


def test_a_run_is_simulated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with Runs(calibration(), processes=1) as counted:
        points = points_of(calibration().targets)
        asked: list[Any] = []
        submit = counted._pool.submit
        monkeypatch.setattr(
            counted._pool, "submit", lambda *task: (asked.append(task), submit(*task))[1]
        )
        values: list[Number] = [100, 60, 180]
        first = counted.simulated(points, values)
        assert counted.simulated(points[:2], values) == first[:2]
        assert len(asked) == len(points)


def test_every_curve_and_every_kernel_is_left_out_once() -> None:
    made = load("mosbench")
    left = cross_validation.left_out(made)
    curves = [id(t) for one in left if one.kind == "curve" for t in one.targets]
    assert sorted(curves) == sorted(id(t) for t in made.targets if not cross_validation.is_unit(t))
    assert {one.name for one in left if one.kind == "kernel"} == {"linux_stock", "linux_pk"}


def test_a_law_predicts_a_point_that_it_was_not_fitted_to() -> None:
    target = next(
        t for t in load("mosbench").targets
        if t.series == "Stock" and t.reference.endswith("fig04_exim.csv")
    )  # fmt: skip
    error = cross_validation.law_error(target)
    assert error is not None and 0.05 < error < 1
    assert cross_validation.law_error(target.model_copy(update={"column": "user_us"})) is None


@pytest.fixture(scope="module")
def kept(problem: Problem, fit: Fit) -> records.Record:
    found = record.Found(problem.points, problem.start, fit, estimates(problem, fit), [])
    return record.record(calibration(), found)


def test_a_record_says_what_has_changed_since(kept: records.Record) -> None:
    made = calibration()
    overrides = [f"{key}={value}" for key, value in zip(KEYS, kept_values(kept), strict=True)]
    now = [compose([*WRITES, *made.fixed, *overrides])]
    assert kept.changed(records.digests(made, now)) == []
    assert kept.changed(records.digests(made)) == ["the settings of what it simulates"]
    other = calibration(why="Another.")
    assert kept.changed(records.digests(other, now)) == ["the calibration or its published points"]
    model = records.digests(made, now).model_copy(update={"model": "0"})
    assert kept.changed(model) == ["the model's code"]


def kept_values(kept: records.Record) -> list[int]:
    return [round(estimate.value) for estimate in kept.parameters]


def test_a_record_is_read_as_it_was_written(kept: records.Record) -> None:
    assert records.Record.model_validate_json(records.text(kept)) == kept
    assert kept.mean_error < 0.01
    estimate = kept.estimate(KEYS[2], "anything")
    assert estimate is not None and "24, 36, 48" in " ".join(estimate.decided_by)


def test_points_are_named_by_series() -> None:
    points = points_of(calibration().targets)
    assert record.decided_by(points[:2]) == [f"{LINES} at 2, 6"]
    assert all(isinstance(point, Point) for point in points)


def test_no_process_outlives_a_fit_that_is_killed() -> None:
    """The parent dies as by kill -9, while its processes simulate."""
    code = (
        "import os, sys\n"
        "from tests.calibration.test_fit import calibration\n"
        "from calibration.runs import Runs, points_of\n"
        "runs = Runs(calibration(), processes=2)\n"
        "runs.start(points_of(calibration().targets), [100, 60, 180])\n"
        "print(*runs._pool._processes, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=CONF.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    processes = [int(word) for word in done.stdout.split()]
    assert done.returncode == -9 and len(processes) == 2
    for _ in range(600):
        if not any(Path(f"/proc/{number}").exists() for number in processes):
            return
        time.sleep(0.05)
    pytest.fail("a process goes on")


def test_a_record_outlives_a_mended_sentence_and_no_change_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "PACKAGE", tmp_path)
    file = tmp_path / "engine/one.py"
    file.parent.mkdir()

    def of(text: str) -> str:
        file.write_text(text)
        return version.behaviour_hash.__wrapped__()  # a process asks once

    first = of('"""One."""\ndef f(x):\n    """Two."""\n    return x + 1  # three\n')
    assert of('"""Uno."""\n\n\ndef f(x):\n    return x + 1\n') == first
    assert of("def f(x):\n    return x + 2\n") != first
    assert of("def f(x, y=1):\n    return x + 1\n") != first
