"""What a workflow plans: on a node what was submitted, and nothing that is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.workflow.invocation import checked
from sim.config.errors import ConfigError
from tests.workflow.tiny import EXIM, LINES


def test_a_node_plans_a_curve_as_it_was_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # The second override fits one of the experiments only.
    config = {
        "experiments": [LINES, EXIM],
        "overrides": ["run=smoke", "workload.spool_directories=31"],
        "name": "some",
    }
    submitting, node = checked(config), checked(config, node=True)
    assert list(submitting.plans) == list(node.plans)
    for experiment, curve in ((EXIM, "pk"), (EXIM, "stock"), (LINES, "write")):
        assert node.curve(experiment, curve) == submitting.curve(experiment, curve)
        assert node.points("some", experiment) == submitting.points("some", experiment)
    assert "spool_directories" in node.curve(EXIM, "pk").arguments
    assert "spool_directories" not in node.curve(LINES, "write").arguments


def test_an_experiment_that_chooses_a_key_itself_can_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    swept = {
        "experiments": ["micro/open_close", "micro/opteron48_line_sharing"],
        "overrides": ["kernel=linux_pk"],
        "name": "of_a_test",
    }
    with pytest.raises(ConfigError, match=r'exclude=\["micro/open_close"\]'):
        checked(swept)
    left = checked({**swept, "exclude": ["micro/open_*"]})
    assert left.experiments == ["micro/opteron48_line_sharing"]


@pytest.mark.parametrize(
    ("exclude", "said"),
    [
        (["micro/open_clse"], "did you mean micro/open_close?"),
        (["micro/*"], "leaves no experiment"),
    ],
)
def test_what_cannot_be_left_out_is_named(exclude: list[str], said: str) -> None:
    asked = {"experiments": ["micro/open_close"], "exclude": exclude, "name": "of_a_test"}
    with pytest.raises(ConfigError) as raised:
        checked(asked)
    assert said in str(raised.value)


def test_a_pattern_leaves_out_what_runs_on_request_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    large = ["today/fixes_large", "today/kernels_large"]
    few = checked({"experiments": ["today/[fik]*"], "name": "of_a_test"}, node=True)
    assert "today/kernels" in few.experiments
    assert not set(large) & set(few.experiments)
    assert all(name in few.remark for name in large)
    named = checked({"experiments": ["today/fixes*", large[0]], "name": "of_a_test"}, node=True)
    assert named.experiments == ["today/fixes", large[0]]
    assert named.remark == ""


def test_a_pattern_that_stands_for_nothing_else_is_refused() -> None:
    with pytest.raises(ConfigError) as raised:
        checked({"experiments": ["today/*_large"], "name": "of_a_test"})
    assert "only experiments that run on request: today/fixes_large, today/kernels_large" in str(
        raised.value
    )


def test_without_a_wish_what_runs_on_request_is_left_out_silently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    everything = checked({"name": "of_a_test"}, node=True)
    assert "today/fixes_large" not in everything.experiments
    assert "today/fixes" in everything.experiments
    assert everything.remark == ""
