"""The same seed gives the same bytes, however many jobs run at once and whatever Python hashes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.tiny import ROOT, TINY, digests, results, snakemake

pytestmark = pytest.mark.slow


@pytest.mark.soak  # in the suite, test_history.py has eight jobs and another seed
@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize(("jobs", "hash_seed"), [("1", "1"), ("8", "4294967295")])
def test_any_number_of_jobs_gives_the_same_bytes(
    project: Path, jobs: str, hash_seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
    done = snakemake(project, "--cores", jobs, config=[*TINY, f"name=jobs{jobs}"])
    assert done.returncode == 0, done.stdout + done.stderr
    found = results(project / "results" / f"jobs{jobs}")
    assert len(found) > 20
    assert found == results(project / "results/tiny")


def run(folder: Path, **environment: str) -> dict[str, str]:
    """Digests of what one command writes in an environment."""
    arguments = ["workload=apache", "kernel=linux_stock", "run=smoke", "cores=[1,5]"]
    subprocess.run(
        [sys.executable, "-m", "sim", "run", *arguments, f"out={folder}/x.parquet"],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        timeout=600,
    )
    return digests(folder)


@pytest.mark.soak
def test_a_cold_and_a_warm_cache_of_compiled_code_give_the_same_bytes(tmp_path: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    cold = run(tmp_path / "cold", **cache)
    assert list((tmp_path / "cache/corescale/engines").rglob("*.run-*"))
    assert cold == run(tmp_path / "warm", **cache)
    assert cold == run(tmp_path / "usual")
