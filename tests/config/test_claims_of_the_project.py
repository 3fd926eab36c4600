"""What a claim may be: laws at load, and those that every claim of the project keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from metrics.peak_cores import PeakCores
from sim.config.errors import ConfigError
from sim.config.files import CONF
from sim.experiment.calibrations import fitted_points, of_experiment
from sim.experiment.claim import Claim
from sim.experiment.file import Experiment
from sim.experiment.plan import experiments, load_experiment
from tests.project_files import of_the_project

pytestmark = pytest.mark.usefixtures("unchanging_files")

LIMITATIONS = Path(__file__).resolve().parents[2] / "docs/limitations.md"
EXPERIMENTS = [load_experiment(name) for name in sorted(of_the_project(experiments()))]
CLAIMS = [
    pytest.param(experiment, claim, id=f"{experiment.name}/{claim.id}")
    for experiment in EXPERIMENTS
    for claim in experiment.claims
    if claim.metric is not None
]
RATIO = {
    **{"kind": "ratio_of_points", "curve": "a", "column": "throughput"},
    **{"cores": 48, "over_cores": 48, "over_curve": "b"},
}
GAIN = {"kind": "gain", "curve": "a", "toggle": "kernel.fix.dentry_lock", "cores": 48}
POINT = {"kind": "point", "curve": "a", "column": "throughput", "cores": 48}


def claim(**settings: Any) -> Claim:
    return Claim.model_validate({"id": "c", "statement": "s"} | settings)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"published": 1.167, "tolerance": 0.25}, "it allows 0.292, and the effect claimed is 0.1"),
        ({"published": 0.9, "tolerance": 0.1, "tolerance_kind": "absolute"}, "tolerance: it allow"),
        ({"published": 1.0, "tolerance": 0.1}, "a claim that there is none says alike: true"),
        ({"published": 1.5, "tolerance": 0.1, "trend": {"above": 0.8}}, "trend: 1, which is no di"),
        ({"published": 0.7, "tolerance": 0.1, "trend": {"below": 1.1}}, "trend: 1, which is no di"),
        ({"metric": GAIN, "published": 0.05, "tolerance": 1.0}, "the effect claimed is 0.05"),
        ({"metric": POINT, "published": 2.0, "tolerance": 0.1, "alike": True}, "alike: only a"),
        ({"expect": {"above": 1}, "alike": True}, "alike: only a published comparison"),
    ],
)
def test_a_comparison_that_would_pass_without_its_effect_is_refused(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        claim(**{"metric": RATIO} | settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"published": 1.167, "tolerance": 0.1, "trend": {"above": 1}},
        {"published": 1.0006, "tolerance": 0.05, "alike": True},
        {"metric": GAIN, "published": -0.3, "tolerance": 0.5},
        {"metric": POINT, "published": 1.0, "tolerance": 0.15},
    ],
)
def test_a_comparison_whose_tolerance_is_smaller_than_its_effect_is_read(
    settings: dict[str, Any],
) -> None:
    assert claim(**{"metric": RATIO} | settings).published is not None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"input": "a", "identity": "b", "expect": {"above": 1}}, "input and identity: it is one"),
        ({"unpublished": "a", "published": 2, "tolerance": 0.1}, "and yet a published number"),
        ({"limitation": "Exim", "expect": {"above": 1}}, "limitation: needs why, in one line"),
        ({"why": "one\ntwo", "expect": {"above": 1}}, "why\n"),
        ({"also_at": [12], "published": 2, "tolerance": 0.1}, "also_at: only a range"),
        ({"metric": None, "not_modelled": "no", "identity": "b"}, "identity: it has no metric"),
    ],
)
def test_marks_that_contradict_one_another_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        claim(**{"metric": RATIO} | settings)


def test_further_core_counts_have_to_exist(tmp_path: Path) -> None:
    text = (CONF / "experiment/osdi10/fig06_apache.yaml").read_text()
    wrong = text.replace("also_at: [16, 18,", "also_at: [17, 18,")
    assert wrong != text
    file = tmp_path / "experiment/of_a_test/apache.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(wrong.replace("name: osdi10/fig06_apache", "name: of_a_test/apache"))
    with pytest.raises(ConfigError, match=r"also_at.*17"):
        load_experiment("of_a_test/apache", [tmp_path])


def test_a_metric_of_two_curves_at_one_count_moves_both() -> None:
    both, alone = claim(metric=RATIO, expect={"above": 1}, also_at=[12]).metrics
    assert (getattr(alone, "cores", 0), getattr(alone, "over_cores", 0)) == (12, 12)
    scaling = RATIO | {"over_cores": 1, "over_curve": "a"}
    *_, moved = claim(metric=scaling, expect={"above": 1}, also_at=[12]).metrics
    assert (getattr(moved, "cores", 0), getattr(moved, "over_cores", 0)) == (12, 1)
    assert getattr(both, "cores", 0) == 48


@pytest.mark.parametrize(("experiment", "claim"), CLAIMS)
def test_no_tolerance_exceeds_the_effect_or_reaches_a_fifth(
    experiment: Experiment, claim: Claim
) -> None:
    if not isinstance(claim.published, float) or claim.metric is None:
        return
    if claim.tolerance_kind == "relative":
        assert (claim.tolerance or 0) < 0.2
    neutral = claim.metric.no_difference
    if neutral is not None and not claim.alike:
        assert claim.allowed < abs(claim.published - neutral)
    if isinstance(claim.metric, PeakCores):
        others = set(experiment.cores or []) - {claim.published}
        assert claim.allowed < min(abs(cores - claim.published) for cores in others)


@pytest.mark.parametrize(("experiment", "claim"), CLAIMS)
def test_what_was_read_off_at_one_core_is_called_an_input(
    experiment: Experiment, claim: Claim
) -> None:
    """The first point of every application's curve is what its times were derived from."""
    assert claim.metric is not None
    names = {getattr(claim.metric, key, None) for key in ("curve", "over_curve")} - {None}
    counts = [getattr(claim.metric, key, None) for key in ("cores", "over_cores")]
    if 1 not in counts or any(count not in (1, None) for count in counts):
        return
    fitted = {
        curve.id
        for curve, cores in fitted_points(experiment, of_experiment(experiment))
        if cores == 1
    }
    if names <= fitted:
        assert claim.input


@pytest.mark.parametrize(("experiment", "claim"), CLAIMS)
def test_the_section_of_the_limitations_that_a_claim_names_is_there(
    experiment: Experiment, claim: Claim
) -> None:
    headings = [
        line.removeprefix("## ")
        for line in LIMITATIONS.read_text(encoding="utf-8").splitlines()
        if line.startswith("## ")
    ]
    assert not claim.limitation or claim.limitation in headings
