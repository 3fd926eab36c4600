"""Every claim of every experiment, on fewer replications than the report uses.

A claim must be reproduced, or hold in the model, unless verdicts.yaml records that it does not: no
verdict may get worse than the recorded one, and each recorded one is explained in the claim's file.
Experiments that take more than five seconds even so are left to `make soak`, but the papers' own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from analysis.artifact.analyse import Compared, analyse, evidence_of
from analysis.artifact.record import Analysed
from analysis.judge import claims, needs
from analysis.workflow.check import evidence_from
from sim import shared_points
from sim.command import output
from sim.config.files import unchanging
from sim.experiment import papers
from sim.experiment.calibrations import of_experiment
from sim.experiment.plan import Plan, PlannedCurve, experiments, load_experiment, plan
from sim.experiment.variation import BASE
from sim.simulate import simulate

MANY = 100  # cores average by themselves
REPLICATIONS = 3  # fewer give intervals that tell nothing from anything
NAMES = sorted(name for name in experiments() if not load_experiment(name).on_request)
LONG = (
    *("synthesis/next_fixes", "today/growth", "today/page_fault3"),
    "validation/threads_xeon_4x12",
)
CASES = [
    pytest.param(name, claim.id, marks=[pytest.mark.soak] if name in LONG else [])
    for name in NAMES
    for claim in load_experiment(name).claims
    if not claim.not_modelled
]
RECORDED: dict[str, dict[str, str]] = yaml.safe_load(
    Path(__file__).with_name("verdicts.yaml").read_text(encoding="utf-8")
)
PUBLISHED = (claims.REPRODUCED, claims.TREND_ONLY, claims.NOT_REPRODUCED)
STATED = (claims.HOLDS, claims.DOES_NOT_HOLD)
RESULTS: dict[str, Analysed] = {}

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unchanging_files")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where curves are kept; what they have in common is simulated once, as in a workflow."""
    results = tmp_path_factory.mktemp("results")
    shared_points.begin(results / shared_points.NAME)
    yield results
    shared_points.end(results / shared_points.NAME)


@cache
def planned(name: str) -> Plan:
    """An experiment's curves, on as many replications as its claims need."""
    once = ["run.replications=1"]
    if load_experiment(name).paper == "synthesis":
        return plan(name, once)
    found = plan(name, [f"run.replications={REPLICATIONS}"])
    large = all(max(curve.config.core_counts) > MANY for curve in found.curves)
    return plan(name, once) if large else found


@cache
@unchanging()
def needed() -> dict[tuple[str, str], set[str]]:
    """The variants that claims need of each curve, by its own experiment and its name there."""
    found = defaultdict(set)
    for name in NAMES:
        experiment, curves = planned(name).experiment, planned(name).curves
        nothing = evidence_from(experiment, [])
        of = {curve.id: origin(curve, name) for curve in curves}
        for claim in experiment.claims:
            for run in needs.runs(claim, experiment, curves, nothing):
                found[of[run.curve]].add(run.variation.label)
    return found


def origin(curve: PlannedCurve, experiment: str) -> tuple[str, str]:
    """Experiment and curve that a planned curve is simulated as."""
    return curve.of if curve.of[0] else (experiment, curve.id)


def simulated(own: PlannedCurve, experiment: str, folder: Path) -> Path:
    """Simulate a curve with the variants that claims are of, once for all experiments with it."""
    name, curve = origin(own, experiment)
    path = folder / name / f"{curve}.parquet"
    if not path.exists():
        runs = [(BASE, own.config)]
        for variant in own.variants:
            if variant.variation.label in needed()[name, curve]:
                runs.append((variant.variation, variant.config))
        rows = []
        for variation, config in runs:
            outcome = simulate(config)
            rows.append(output.Result(curve, variation, outcome.points, outcome.account))
        output.write(path, rows, {"curve": curve})
    return path


def result(name: str, folder: Path) -> Analysed:
    """An experiment's curves, analysed."""
    if name not in RESULTS:
        files = [simulated(curve, name, folder) for curve in planned(name).curves]
        untraced = planned(name).experiment.model_copy(update={"timeline": None})
        RESULTS[name] = analyse(untraced, files)
    return RESULTS[name]


@pytest.mark.parametrize(("name", "claim"), CASES)
def test_no_verdict_is_worse_than_the_recorded_one(name: str, claim: str, folder: Path) -> None:
    found = {verdict.id: verdict for verdict in result(name, folder).verdicts}[claim]
    judged = papers.of_experiment(load_experiment(name)).judged
    order = STATED if found.basis == claims.STATEMENT else PUBLISHED
    assert judged != "statements" or found.basis in (
        claims.STATEMENT,
        claims.INPUT,
        claims.IDENTITY,
    )
    recorded = RECORDED.get(name, {}).get(claim, order[0])
    said = f"{found.metric}: {found.value}, published {found.published}, {found.criterion}"
    assert found.verdict in order[: order.index(recorded) + 1], f"{said} {found.reason}"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LONG])
def test_a_claim_has_the_same_value_by_the_runs_alone_that_it_needs(
    name: str, folder: Path
) -> None:
    found, curves = result(name, folder), planned(name).curves
    evidence = evidence_of(
        found.experiment,
        found.points,
        found.shares,
        Compared(found.summaries, found.published, found.error_points),
        of_experiment(found.experiment),
    )
    for claim in found.experiment.claims:
        alone = needs.alone(evidence, needs.runs(claim, found.experiment, curves, evidence))
        judged = [claims.evaluate(claim, one) for one in (evidence, alone)]
        assert judged[0] == judged[1]


FAILURES = [(name, claim) for name, verdicts in RECORDED.items() for claim in verdicts]


def test_every_recorded_verdict_belongs_to_a_claim() -> None:
    assert set(FAILURES) <= {case.values for case in CASES}


@pytest.mark.parametrize(("name", "claim"), FAILURES)
def test_a_recorded_failure_says_why_and_where_to_read_on(name: str, claim: str) -> None:
    (failed,) = (one for one in load_experiment(name).claims if one.id == claim)
    assert failed.why and failed.limitation


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LONG])
def test_user_system_and_idle_time_account_for_all_time(name: str, folder: Path) -> None:
    points = result(name, folder).points
    charged = points["user_us"] + points["system_us"] + points["idle_us"]
    assert charged.to_list() == pytest.approx((1e6 / points["throughput_per_core"]).to_list())
