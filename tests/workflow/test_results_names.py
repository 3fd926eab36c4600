"""A results folder is called what was typed, although Snakemake reads numbers as numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from snakemake.cli import parse_config

from analysis.workflow.invocation import checked
from sim.config.errors import ConfigError
from tests.workflow.tiny import LINES, TINY


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Check a command line as the Snakefile does."""
    monkeypatch.chdir(tmp_path)

    def check(*words: str, node: bool = False) -> str:
        monkeypatch.setattr("sys.argv", ["snakemake", *words])
        entries = [word.removeprefix("--config=") for word in words if word != "--config"]
        config = parse_config([f'experiments=["{LINES}"]', *TINY[1:], *entries])
        return checked(config, node).folder

    return check


@pytest.mark.parametrize("name", ["2024", "1.5", "True", "my_sweep", "1.2.3", "0", "nan"])
def test_a_name_that_reads_back_as_it_was_typed_is_taken(name: str, asked) -> None:
    assert asked("--config", f"name={name}") == f"results/{name}"
    assert asked(f"--config=name={name}") == f"results/{name}"
    assert asked("--config", f'name="{name}"') == f"results/{name}"


@pytest.mark.parametrize("name", ["0123", "1_000", "1e3", "1.50", "+7", " 7", "7 ", "１２", "1E5"])
def test_a_name_that_would_be_changed_is_refused_with_another(name: str, asked) -> None:
    with pytest.raises(ConfigError) as refused:
        asked("--config", f"name={name}")
    assert str(refused.value).startswith(f"snakemake --config name={name}: Snakemake reads it as")
    hint = re.search(r"such as (name=run_\S+)", str(refused.value))
    assert hint is not None
    assert asked("--config", hint[1]) == f"results/{hint[1].removeprefix('name=')}"


def test_a_node_of_a_cluster_takes_the_name_that_was_checked(asked) -> None:
    assert asked("--config", "name=7") == asked("name=7", node=True) == "results/7"


def test_a_number_from_a_profile_is_refused_as_well(asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asked("name=x")
    monkeypatch.setattr("sys.argv", ["snakemake", "--profile", "mine"])
    with pytest.raises(ConfigError, match="name=run_83"):
        checked({"experiments": [LINES], "name": 83})
