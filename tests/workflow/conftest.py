"""A copy of the project in which the smallest workflow has run."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from sim.version import compile_cache
from tests.workflow.tiny import ROOT, SMOKE, snakemake


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project whose results, configuration and cache are its own."""
    return copied(tmp_path_factory.mktemp("project"))


def copied(folder: Path) -> Path:
    """Copy the project into a folder, with what has been compiled."""
    ignore = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
    for name in ("sim", "analysis", "conf", "reference", "profiles"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in ("Snakefile", "environment.yml"):
        if (ROOT / name).is_file():
            shutil.copy2(ROOT / name, folder / name)
    share_compiled_code(folder)
    return folder


def share_compiled_code(copy: Path) -> None:
    """Give a copy the engine that is compiled already: numba files it under the sources' folder."""
    cache = compile_cache()
    for source in (ROOT / "sim").rglob("*"):
        compiled, copied = (
            cache / f"{path.name}_{hashlib.sha1(bytes(path)).hexdigest()}"
            for path in (source, copy / source.relative_to(ROOT))
        )
        if compiled.is_dir():
            shutil.copytree(compiled, copied)


@pytest.fixture(scope="session")
def finished(project: Path) -> subprocess.CompletedProcess[str]:
    """The first complete run."""
    done = snakemake(project, config=SMOKE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done
