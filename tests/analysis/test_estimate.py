"""What a workflow says at its start about how long it will take."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from analysis.workflow import estimate
from analysis.workflow.invocation import Workflow
from analysis.workflow.state import State
from sim.command.output import beside
from sim.experiment.plan import PlannedCurve, plan_all
from sim.version import engine_hash

EXIM = "osdi10/fig04_exim"
LARGE = "synthesis/growth_large"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """Exim's figure, of which nothing has run."""
    monkeypatch.chdir(tmp_path)
    return workflow(EXIM)


def workflow(experiment: str) -> State:
    (planned,) = plan_all([experiment], ["run=smoke"])
    return State(Workflow("paper", (), [experiment], {experiment: planned}))


def curves(asked: State) -> list[PlannedCurve]:
    return asked.asked.plans[EXIM].curves


def ran(asked: State, curve: PlannedCurve, seconds: float, engine: str) -> None:
    """Leave behind what a curve leaves."""
    place = asked.folder / EXIM / curve.id
    effort = asked.folder / "benchmarks" / EXIM / f"{curve.id}.tsv"
    for path in (place, effort):
        path.parent.mkdir(parents=True, exist_ok=True)
    place.with_suffix(".parquet").touch()
    effort.write_text(f"s\tcpu_time\tmax_rss\n{seconds}\t{seconds}\t1\n")
    points, account, configuration = beside(place.with_suffix(".parquet"))
    account.touch()
    digests = {path.name: hashlib.sha256(b"").hexdigest() for path in (points, account)}
    written = {"config_hash": curve.config_hash, "engine": engine, "sha256": digests}
    configuration.write_text(json.dumps(written))


def seconds_of(text: str) -> int:
    found = re.search(r"about (\d+) min (\d+) s", text)
    assert found
    return 60 * int(found[1]) + int(found[2])


def test_a_first_run_counts_every_curve(asked: State) -> None:
    said = estimate.describe(asked)
    assert said.startswith(f"{len(curves(asked))} curves to simulate, 1 experiments to analyse")
    assert "several times" not in said


def test_a_curve_that_took_an_hour_is_expected_to_take_one_again(asked: State) -> None:
    before = seconds_of(estimate.describe(asked))
    ran(asked, curves(asked)[0], 3600, "another engine")
    assert seconds_of(estimate.describe(asked)) > before + 3600 / 64


def test_fewer_cores_take_longer(asked: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "_own_cores", lambda: 4)
    ran(asked, curves(asked)[0], 3600, "another engine")
    one, all_four = estimate.describe(asked, 1), estimate.describe(asked)
    assert one.endswith("on 1 core")
    assert all_four.endswith("on 4 cores")
    assert seconds_of(one) > 3 * seconds_of(all_four)
    assert estimate.describe(asked, 64) == all_four  # more than there are


def test_a_curve_whose_results_are_there_is_not_counted(asked: State) -> None:
    for curve in curves(asked):
        ran(asked, curve, 3600, engine_hash())
    assert estimate.describe(asked).startswith("0 curves to simulate")


def test_results_of_another_configuration_do_not_count(asked: State) -> None:
    ran(asked, curves(asked)[0], 1, engine_hash())
    place = asked.folder / EXIM / f"{curves(asked)[0].id}.config.json"
    place.write_text(place.read_text().replace(curves(asked)[0].config_hash, "0"))
    assert estimate.describe(asked).startswith(f"{len(curves(asked))} curves")


def test_machines_larger_than_any_that_was_measured_are_said_to_be_a_guess(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "or several times that" in estimate.describe(workflow(LARGE))
