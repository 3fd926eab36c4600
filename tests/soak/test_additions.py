"""The whole suite passes in a checkout to which a user has added all that can be added."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.additions.conftest import HOW_TO
from tests.documentation.blocks import blocks, commands
from tests.documentation.conftest import Copy
from tests.documentation.following import ran

pytestmark = [pytest.mark.soak, pytest.mark.slow]


def test_the_whole_suite_passes_whatever_a_user_has_added(followed: Copy) -> None:
    command = [sys.executable, "-m", "pytest", "--ignore=tests/additions"]
    # Its jobs run elsewhere, and import what is installed otherwise.
    environment = {**followed.environment, "PYTHONPATH": str(followed.folder)}
    environment.pop("CORESCALE_SOAK", None)
    with (followed.folder / "suite.log").open("w+") as log:
        done = subprocess.run(
            command, cwd=followed.folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        log.seek(max(log.seek(0, os.SEEK_END) - 20_000, 0))
        assert done.returncode == 0, log.read()


@pytest.mark.parametrize("page", HOW_TO, ids=lambda page: page.stem)
def test_a_how_to_prints_what_it_says_where_all_were_followed(page, followed: Copy) -> None:
    for block in blocks(page):
        if block.skip is None and block.language == "console":
            for command in commands(block):
                if " -o conf/" not in command.line:
                    assert not (problem := ran(command, followed)), problem


def test_the_workflow_reports_what_a_user_has_added(followed: Copy) -> None:
    done = followed.run("snakemake --cores 1 --config 'experiments=[\"mine/*\"]' name=own")
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {path.name for path in (followed.folder / "results/own/report").glob("*.html")}
    assert {"mine-sweep.html", "mine-copy.html", "mine-mount_table.html"} <= pages
