"""Copies of the project to follow a page in."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis.workflow.invocation import fork_server
from sim.fork_server import VARIABLE
from tests.documentation.blocks import ROOT
from tests.project_files import project_files
from tests.warm_python import WarmPython
from tests.workflow.pty_process import on_a_terminal

FOLDERS = (
    *("sim", "analysis", "metrics", "views", "calibration", "corescale", "lab", "profiles"),
    *("tests", "docs", "benchmarks"),
)
FILES = (
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "CITATION.cff", "codemeta.json"),
    "mkdocs.yml",
    *("Snakefile", "Makefile", "Containerfile", "pyproject.toml", "environment.yml"),
    *("requirements.lock", "requirements-build.lock", ".dockerignore", ".pre-commit-config.yaml"),
    *(".snakemake-workflow-catalog.yml", ".ci/run"),
)
OVERWRITTEN = re.compile(r"[^\n]*\r|\x1b\[[0-9;?]*[A-Za-z]")
"""What a terminal does not keep: lines that others are written over, and control sequences."""


SHELLS = re.compile(r"'[^']*'|(?P<own>[^\w\s/.,=:@%+-])")
"""What stands between quotes, and else whatever a shell may read as more than itself."""


def words_of(command: str) -> list[str]:
    """What follows `python` in a line that a shell would only cut into words; else nothing."""
    if not command.startswith("python -m ") or any(m["own"] for m in SHELLS.finditer(command)):
        return []
    return shlex.split(command)[1:]


@dataclass(frozen=True)
class Copy:
    """A copy of the project, and the environment that its commands run in.

    `python` runs its programs, where a line is nothing but one; else a shell does.
    """

    folder: Path
    environment: dict[str, str]
    python: WarmPython | None = None

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a line of a terminal in the copy."""
        if self.python is not None and (words := words_of(command)):
            return self.python.run(words, self.folder, self.environment)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def run_on_a_terminal(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a line in the copy on a wide terminal; its text is what stays there."""
        line = ["bash", "-euo", "pipefail", "-c", f"cd {shlex.quote(str(self.folder))}; {command}"]
        shown = on_a_terminal(line, columns=200, environment={**self.environment, "TERM": "dumb"})
        return subprocess.CompletedProcess(line, shown.status, OVERWRITTEN.sub("", shown.text), "")


def copied(folder: Path, python: WarmPython | None = None) -> Copy:
    """Copy the project without a user's machines and experiments; its environment is this one."""
    ignore = shutil.ignore_patterns("__pycache__", "results")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for path in project_files():
        place = folder / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    return Copy(folder, environment, python)


@pytest.fixture(scope="session")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A copy whose code no page changes, so that one process has imported it for all."""
    copy = copied(tmp_path_factory.mktemp("project"))
    server = fork_server()
    with chdir(copy.folder):
        server.start()
    named = os.environ.pop(VARIABLE, "")
    yield Copy(copy.folder, {**copy.environment, VARIABLE: named})
    server.stop()


@pytest.fixture
def changed(tmp_path: Path, python: WarmPython) -> Copy:
    """A copy for one page that changes the code."""
    return copied(tmp_path, python)
