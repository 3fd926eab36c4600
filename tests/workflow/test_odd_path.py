"""A checkout may stand in a folder of any name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflow.conftest import copied
from tests.workflow.tiny import LINES, snakemake

NAME = 'it\'s {x} $HOME [a]* #1 %20 "q" \\ ü'


@pytest.mark.slow
def test_the_workflow_runs_where_the_path_has_quotes_dollars_and_braces(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    project = copied(tmp_path / NAME)
    done = snakemake(
        project, config=[f'experiments=["{LINES}"]', 'overrides=["run=smoke"]', "name=tiny"]
    )
    assert done.returncode == 0, done.stdout + done.stderr
    folder = project / "results/tiny"
    assert (folder / "report/index.html").is_file()
    assert list((folder / LINES / "figures").glob("*.svg"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME]
