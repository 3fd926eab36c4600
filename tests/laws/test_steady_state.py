"""One point has one number, whoever asks for it, and says so where it has not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from analysis.read import tidy
from analysis.report.pages import simulated_cells
from sim.command import output, table
from sim.command.output import Result
from sim.config.compose import compose, compose_assignments
from sim.config.files import CONF, choices, load_yaml
from sim.config.overrides import Assignment, parse
from sim.config.run import RunConfig
from sim.engine import isa
from sim.experiment.plan import experiments, load_experiment, plan_curve
from sim.experiment.variation import BASE
from sim.point import built, opened, window
from sim.program.simulation import run_program
from sim.simulate import Point, mark, simulate
from sim.statistics import interval_of_mean, interval_of_ratio
from tests.project_files import in_folder, of_the_project

SLACK = 0.02
"""What plain run and experiment may differ by beyond the interval of their ratio."""
MOST_CORES = 48
WORKLOADS = sorted(choices("workload"))


def uses() -> Iterator[tuple[str, str, str]]:
    """Experiment and curve for each workload: the first of the papers, and of the synthesis."""
    seen = set()
    for name in sorted(of_the_project(experiments())):
        experiment = load_experiment(name)
        for curve in () if experiment.on_request else experiment.curves:
            if curve.of or "hardware" in experiment.axes:
                continue
            texts = [*experiment.base, *experiment.overrides, *curve.overrides]
            chosen = [text[9:] for text in texts if text.startswith("workload=")]
            use = (chosen[-1] if chosen else "exim", name.startswith("synthesis"))
            if use not in seen:
                seen.add(use)
                yield use[0], name, curve.id


FIGURE_5 = [("memcached", "osdi10/fig05_memcached", curve) for curve in ("stock", "pk")]
USES = sorted({*uses(), *FIGURE_5})


def with_values(layers: list[Assignment], **values: object) -> RunConfig:
    extra = [parse(f"{key.replace('__', '.')}={value}") for key, value in values.items()]
    return compose_assignments([*layers, *extra])


def speeds(config: RunConfig) -> dict[int, float]:
    column = "latency_mean_cycles" if config.workload.paced else "throughput"
    return {row["seed"]: row[column] for row in simulate(config).points}


@pytest.mark.parametrize(("workload", "experiment", "curve"), USES)
def test_a_plain_run_and_an_experiment_agree(workload: str, experiment: str, curve: str) -> None:
    planned = plan_curve(experiment, curve)
    counts = planned.config.core_counts
    cores = max((n for n in counts if n <= MOST_CORES), default=min(counts))
    few = {"cores": f"[{cores}]", "run__replications": 3}
    plain = [layer for layer in planned.layers if layer.key.partition(".")[0] != "run"]
    asked = with_values(list(planned.layers), **few, run__seed=2)
    ratio = interval_of_ratio(speeds(with_values(plain, **few)), speeds(asked))
    assert ratio.low <= 1 + SLACK
    assert ratio.high >= 1 - SLACK


def test_the_warm_up_is_the_same_in_every_run_level_and_no_experiment_has_its_own() -> None:
    levels = [load_yaml(choices("run")[name]) for name in of_the_project(choices("run"))]
    assert len({level["warmup_operations"] for level in levels}) == 1
    for path in in_folder("conf", ".yaml"):
        if "run" not in path.relative_to(CONF).parts[:1]:
            assert "run.warmup_operations" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("workload", WORKLOADS)
def test_the_cores_that_complete_operations_are_those_that_the_window_counts(workload: str) -> None:
    cores = 6
    config = compose([f"workload={workload}", f"cores=[{cores}]", "run=smoke"])
    if config.workload.batch:
        pytest.skip("whole jobs are counted")
    site = opened(config, cores)
    program = built(config, site)
    measured = run_program(
        program, site.dies, site.distance, window(config, cores), 1, 200_000, site.speeds
    )
    ends = np.array([instruction.op == isa.END for instruction in program.instructions])
    completing = np.unique(measured.trace["core"][ends[measured.trace["pc"]]])
    assert (len(completing) == 1) == config.workload.by_one_core


def test_the_window_of_a_workload_with_a_queue_is_counted_in_what_is_outstanding() -> None:
    one, two = (
        window(compose(["workload=memcached", f"workload.batches_outstanding={n}"]), 4)
        for n in (1, 2)
    )
    assert two.warmup_operations == 2 * one.warmup_operations == 15 * 40 * 4
    assert two.operations == 2 * one.operations


# --- replications --------------------------------------------------------------------------


QUIET = ["workload=micro/lock", "workload.think_cycles=0", "run.operations=100"]
NOISY = ["workload=micro/refcount", "kernel=linux_pk", "run.minimum_operations=50"]
NOISY += ["run.operations=10"]


@pytest.mark.parametrize("overrides", [QUIET, NOISY])
def test_replications_go_on_until_the_interval_is_narrow_or_all_are_done(
    overrides: list[str],
) -> None:
    config = compose([*overrides, "cores=[2,12]", "run.replications=12"])
    points = pl.DataFrame(simulate(config).points)
    for (_,), point in points.group_by("cores"):
        done = [point[: n + 1] for n in range(config.run.minimum_replications - 1, len(point))]
        narrow = [half_width(part) <= config.run.precision for part in done]
        assert not any(narrow[:-1])
        assert narrow[-1] or len(point) == 12


def half_width(point: pl.DataFrame) -> float:
    mean, low, _ = interval_of_mean((1 / point["throughput"]).to_list())
    return (mean - low) / mean


def test_all_replications_are_done_where_no_precision_is_asked_for() -> None:
    config = compose([*QUIET, "cores=[2]", "run.replications=7", "run.precision=0"])
    assert len(simulate(config).points) == 7


def test_a_points_replications_do_not_depend_on_the_other_points() -> None:
    alone, among = (
        [row for row in simulate(compose([*NOISY, f"cores={cores}"])).points if row["cores"] == 12]
        for cores in ("[12]", "[1,2,12]")
    )
    assert alone == among


# --- points without one number -------------------------------------------------------------


def printed(points: list[dict[str, Any]], account: list[dict[str, Any]], config: RunConfig) -> None:
    table.show(*output.tables([Result("x", BASE, points, account)]), {"x": table.Shown(config, [])})


def test_a_window_that_opens_too_early_is_called_not_stationary(
    capsys: pytest.CaptureFixture[str],
) -> None:
    overrides = ["workload=memcached", "cores=[4,48]", "run.operations=2"]
    early, settled = compose([*overrides, "run.warmup_operations=1"]), compose(overrides)
    for config, stationary in ((early, 0), (settled, 1)):
        outcome = simulate(config)
        assert {row["stationary"] for row in outcome.points if row["cores"] == 48} == {stationary}
        printed(outcome.points, outcome.account, config)
        assert ("48 cores: not stationary" in capsys.readouterr().out) == (not stationary)


SLOW = [100.0, 101.0, 99.0, 100.0, 102.0, 98.0]


def marked(times: list[float]) -> tuple[RunConfig, list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of a point whose replications take given times an operation, and their account."""
    config = compose(["workload=exim", "cores=[2]", "run=smoke", "run.replications=1"])
    outcome = simulate(config)
    rows = [
        outcome.points[0]
        | {"replication": n, "seed": n, "throughput": 2 / time, "throughput_per_core": 1 / time}
        for n, time in enumerate(times)
    ]
    point = Point(config, 2)
    mark(point, rows, [replace(point.reading(0), slowing=0.0)] * len(rows))
    account = [row | {"replication": n} for n in range(len(rows)) for row in outcome.account]
    return config, rows, account


def test_a_bistable_point_is_two_branches_with_their_shares(
    capsys: pytest.CaptureFixture[str],
) -> None:
    config, rows, account = marked([*SLOW, 20.0, 20.2])
    assert [row["branch"] for row in rows] == [2] * 6 + [1] * 2
    assert [row["branch_share"] for row in rows] == [0.75] * 6 + [0.25] * 2
    printed(rows, account, config)
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[:3] for line in lines[2:4]] == [
        ["2", "0.04975", "in 25%"],
        ["2", "0.01000", "in 75%"],
    ]
    assert lines[4] == ["# 2 cores: bistable, the replications fall into two branches"]
    points, _ = output.tables([Result("x", BASE, rows, account)])
    (row,) = tidy.summarise(points, "throughput").to_dicts()
    assert row["fast"] == row["high"] == pytest.approx(2 / 20.1, rel=1e-3)
    assert row["slow"] == row["low"] == pytest.approx(2 / 100, rel=1e-3)
    assert row["fast_share"] == 0.25
    shown = "0.0995 (25 %) or 0.02 (75 %)"
    assert simulated_cells(row) == (shown, "two branches")


def test_a_noisy_point_has_a_mean_and_an_interval() -> None:
    _, rows, account = marked([*SLOW, 103.0, 97.0])
    assert {(row["branch"], row["branch_share"]) for row in rows} == {(0, 1.0)}
    points, _ = output.tables([Result("x", BASE, rows, account)])
    (row,) = tidy.summarise(points, "throughput").to_dicts()
    assert (row["fast"], row["slow"], row["fast_share"]) == (None, None, None)
    assert row["low"] < row["mean"] < row["high"]
    assert simulated_cells(row)[1] != "two branches"
