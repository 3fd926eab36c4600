"""The tables of docs/artifact.md are of today's claims, with what docs/claims.csv has of them.

What was measured is as old as the record, which names its engine; what was asked is not.
"""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from analysis.judge import recorded
from sim.config.files import choices
from sim.experiment.plan import load_experiment
from tests.documentation.blocks import ROOT
from tests.project_files import of_the_project

pytestmark = pytest.mark.usefixtures("unchanging_files")

RECORD = recorded.read()


@pytest.fixture(scope="module")
def table() -> ModuleType:
    """docs/hooks/claims_table.py."""
    spec = importlib.util.spec_from_file_location("table", ROOT / "docs/hooks/claims_table.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_has_todays_claims_and_what_is_recorded_of_them(table: ModuleType) -> None:
    names = table.names(list(of_the_project(choices("experiment"))))
    again = "python docs/hooks/claims_table.py, and with results/paper where claims are new"
    assert table.tables(names) in table.PAGE.read_text(), again


def test_a_claim_that_was_another_when_it_was_recorded_is_not_recorded() -> None:
    name, row = next((name, row) for name, row in RECORD.items() if row.value)
    experiment, _, own = name.rpartition("/")
    (claim,) = (one for one in load_experiment(experiment).claims if one.id == own)
    assert recorded.of(experiment, claim) == row
    other = claim.model_copy(update={"published": 12345.0})
    assert recorded.of(experiment, other) is None


def test_the_record_is_whole() -> None:
    assert len(RECORD) > 100
    for row in RECORD.values():
        assert bool(row.value) == bool(row.seconds) == bool(row.memory_mib)
    assert recorded.text(RECORD.values()) == recorded.FILE.read_text()
