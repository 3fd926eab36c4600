"""A node of a cluster plans less than the machine that submits, and the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.workflow.invocation import checked
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
