"""One workflow at a time writes a results folder, and nobody takes the lock from a living one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.workflow.folder_lock import FolderLock, Holder, started
from tests.workflow.tiny import LINES, ROOT
from tests.workflow.warm_snakemake import WarmSnakemake

HOLD = """
import sys, time
from pathlib import Path
from analysis.workflow.folder_lock import FolderLock
assert FolderLock(Path(sys.argv[1])).take() is None
print("taken", flush=True)
time.sleep(float(sys.argv[2]))
"""
FORK = """
import os, sys, time
from pathlib import Path
from analysis.workflow.folder_lock import FolderLock
assert FolderLock(Path(sys.argv[1])).take() is None
if os.fork() == 0:
    print("taken", flush=True)
    time.sleep(float(sys.argv[2]))
    os._exit(0)
time.sleep(60)
"""


def holder(script: str, folder: Path, seconds: float) -> subprocess.Popen[str]:
    """A process that has the lock of a folder, for a while."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(folder), str(seconds)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "taken\n"
    return process


def test_a_free_folder_is_taken(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "results/mine")
    assert lock.take() is None
    assert lock.take() is None  # it is ours
    assert not (tmp_path / "results/mine").exists()


def test_a_living_holder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "results/mine"
    other = holder(HOLD, folder, 60)
    found = FolderLock(folder).take()
    assert found is not None and found.number == other.pid and found.lives
    assert str(other.pid) in FolderLock(folder).refusal(found)
    assert FolderLock(tmp_path / "results/another").take() is None
    other.kill()
    other.wait()
    assert FolderLock(folder).take() is None


def test_jobs_of_a_killed_workflow_are_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "results/mine"
    other = holder(FORK, folder, 1.5)
    began = time.monotonic()
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    assert FolderLock(folder).take() is None
    assert time.monotonic() - began > 0.5
    assert "waiting for the jobs of a workflow that was killed" in capsys.readouterr().err


def test_a_number_that_was_given_to_another_process_does_not_hold_the_lock() -> None:
    assert Holder(os.getpid(), started(os.getpid())).lives
    assert not Holder(os.getpid(), "12").lives


def test_where_nothing_can_be_written_the_lock_is_taken_for_granted(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    assert FolderLock(tmp_path / "results/mine").take() is None


@pytest.mark.slow
def test_a_second_workflow_leaves_a_living_one_alone(project: Path, warm: WarmSnakemake) -> None:
    config = [f'experiments=["{LINES}"]', 'overrides=["run=smoke"]', "name=held"]
    other = holder(HOLD, project / "results/held", 60)
    try:
        refused = warm(config=config)
        assert refused.returncode != 0
        said = refused.stdout + refused.stderr
        assert f"another workflow is writing it (process {other.pid})" in said
        assert "Traceback" not in said
        assert not (project / "results/held/report").exists()
        looked = warm("-n", config=config)
        assert looked.returncode == 0
        unlocked = warm("--unlock", config=config)
        assert unlocked.returncode == 0
        assert warm(config=config).returncode != 0  # still
    finally:
        other.kill()
        other.wait()
    assert warm(config=config).returncode == 0
