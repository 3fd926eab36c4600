"""A copy of the project in which the smallest workflow has run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflow.tiny import ROOT, SMOKE
from tests.workflow.warm_snakemake import WarmSnakemake


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project whose results and configuration are its own."""
    return copied(tmp_path_factory.mktemp("project"))


def copied(folder: Path) -> Path:
    """Copy the project into a folder."""
    ignore = shutil.ignore_patterns("__pycache__")
    parts = ("sim", "analysis", "metrics", "views", "conf", "reference", "profiles")
    for name in (*parts, "docs/background"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in ("Snakefile", "environment.yml"):
        if (ROOT / name).is_file():
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def warm(project: Path) -> Iterator[WarmSnakemake]:
    """Snakemake that starts in milliseconds: for what needs no process of its own from the start.

    It has imported the project's code, so the tests that edit that code only plan with it.
    """
    process = WarmSnakemake(project)
    yield process
    process.end()


@pytest.fixture(scope="session")
def finished(warm: WarmSnakemake) -> subprocess.CompletedProcess[str]:
    """The first complete run."""
    done = warm(config=SMOKE)
    assert done.returncode == 0, done.stdout
    return done
