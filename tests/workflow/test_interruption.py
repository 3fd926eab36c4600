"""A workflow that is killed at any moment and started again ends as if nothing had happened.

It runs eight jobs at once, and what it did before the kill with strings hashed otherwise. In the
suite, histories of a smaller workflow are killed (test_history.py); this one is part of the soak.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.workflow.tiny import SNAKEMAKE, TINY, digests, results
from tests.workflow.warm_snakemake import WarmSnakemake

pytestmark = pytest.mark.slow
RUN = "killed"
LONGEST_SECONDS = 9.0


def start(project: Path) -> subprocess.Popen[bytes]:
    """Start the workflow as a process group of its own, quietly."""
    return subprocess.Popen(
        [str(SNAKEMAKE), "--cores", "8", "--config", *TINY, f"name={RUN}"],
        cwd=project,
        env=os.environ | {"PYTHONHASHSEED": "4294967295"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.mark.soak
@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize("seed", range(int(os.environ.get("CORESCALE_KILLS", "1"))))
def test_a_killed_workflow_is_completed_to_the_same_bytes(
    project: Path, warm: WarmSnakemake, seed: int
) -> None:
    shutil.rmtree(project / "results" / RUN, ignore_errors=True)
    delay = random.Random(seed).uniform(0.5, LONGEST_SECONDS)
    workflow = start(project)
    time.sleep(delay)
    # Every second time Snakemake alone dies, and the jobs that it has started live on.
    kill = os.killpg if seed % 2 else os.kill
    kill(workflow.pid, signal.SIGKILL)
    workflow.wait()
    assert warm("--unlock", config=[*TINY, f"name={RUN}"]).returncode == 0
    again = warm("--cores", "8", config=[*TINY, f"name={RUN}"])
    assert again.returncode == 0, f"killed after {delay:.1f} s\n{again.stdout}"
    assert results(project / "results" / RUN) == results(project / "results/tiny")
    third = warm("-n", config=[*TINY, f"name={RUN}"])
    assert "Nothing to be done" in third.stdout


def test_digests_see_a_changed_byte(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0")
    before = digests(tmp_path)
    (tmp_path / "a").write_bytes(b"1")
    assert digests(tmp_path) != before
