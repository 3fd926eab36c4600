"""Every claim of every experiment, on fewer replications than the report uses.

A claim must be reproduced, or hold in trend where its experiment says what that means.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis import claims
from analysis.artifact import Artifact, analyse
from sim.command import output
from sim.config.plan import experiments, load_experiment, plan
from sim.simulate import simulate

REPLICATIONS = 2
NAMES = sorted(experiments())
CASES = [
    (name, claim.id)
    for name in NAMES
    for claim in load_experiment(name).claims
    if not claim.not_modelled
]
RESULTS: dict[str, Artifact] = {}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


def result(name: str, folder: Path) -> Artifact:
    """An experiment's plain curves, simulated once and analysed."""
    if name not in RESULTS:
        planned = plan(name, [f"run.replications={REPLICATIONS}"])
        files = []
        for curve in planned.curves:
            outcome = simulate(curve.config)
            rows = output.Result(curve.id, output.BASE, outcome.points, outcome.account)
            path = folder / name / f"{curve.id}.parquet"
            output.write(path, [rows], {"curve": curve.id})
            files.append(path)
        untraced = planned.experiment.model_copy(update={"timeline": None})
        RESULTS[name] = analyse(untraced, files)
    return RESULTS[name]


@pytest.mark.parametrize(("name", "claim"), CASES)
def test_a_claim_holds(name: str, claim: str, folder: Path) -> None:
    found = {verdict.id: verdict for verdict in result(name, folder).verdicts}[claim]
    said = f"{found.metric}: {found.value}, published {found.published}, {found.criterion}"
    assert found.verdict in (claims.REPRODUCED, claims.TREND_ONLY), f"{said} {found.reason}"


@pytest.mark.parametrize("name", NAMES)
def test_user_system_and_idle_time_account_for_all_time(name: str, folder: Path) -> None:
    points = result(name, folder).points
    charged = points["user_us"] + points["system_us"] + points["idle_us"]
    assert charged.to_list() == pytest.approx((1e6 / points["throughput_per_core"]).to_list())
