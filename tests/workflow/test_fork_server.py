"""Jobs that a fork server does are the jobs that the command line does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.fork_server import KILLED, VARIABLE, ForkServer
from tests.workflow.tiny import ROOT, digests

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="jobs are forked on Linux only")
QUICK = ["workload=micro/lock", "run=smoke", "cores=[2]"]


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    one = ForkServer(["sim.command.run", "sim.command.warm:load"])
    one.start()
    yield one
    one.stop()
    assert VARIABLE not in os.environ


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sim", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if name != VARIABLE}
    command = [sys.executable, "-m", "sim", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, env=environment
    )


@pytest.mark.usefixtures("server")
def test_results_are_the_same_bytes(tmp_path: Path) -> None:
    forked, own = tmp_path / "forked", tmp_path / "own"
    for folder, run in ((forked, ask), (own, alone)):
        done = run("run", *QUICK, f"out={folder}/x.parquet", f"effort={folder}.tsv")
        assert done.returncode == 0, done.stderr
    assert len(digests(forked)) == 3
    assert digests(forked) == digests(own)
    for folder in (forked, own):
        names, values = folder.with_suffix(".tsv").read_text().splitlines()
        assert names.split("\t") == ["s", "cpu_time", "max_rss"]
        assert all(float(value) >= 0 for value in values.split("\t"))


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("arguments", [["run", "workload=exmi"], ["rnu"], ["list", "run"], []])
def test_streams_and_status_are_the_same(arguments: list[str]) -> None:
    forked, own = ask(*arguments), alone(*arguments)
    assert (forked.returncode, forked.stdout, forked.stderr) == (
        own.returncode,
        own.stdout,
        own.stderr,
    )


def running(text: str) -> list[int]:
    """Process numbers whose command line holds a text, this process's own left out."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid():
            try:
                line = (place / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if text in line:
                found.append(int(place.name))
    return found


def test_a_job_ends_with_the_process_that_asked_for_it(server: ForkServer) -> None:
    socket = os.environ[VARIABLE]
    assert len(running(socket)) == 1
    asking = subprocess.Popen(
        [sys.executable, "-m", "sim", "run", "workload=exim", "run=full"], cwd=ROOT
    )
    wait_until(lambda: len(running(socket)) == 2)
    asking.kill()
    asking.wait()
    wait_until(lambda: len(running(socket)) == 1)


def test_a_job_that_is_killed_is_an_error_with_a_message(server: ForkServer) -> None:
    socket = os.environ[VARIABLE]
    (first,) = running(socket)
    asking = subprocess.Popen(
        [sys.executable, "-m", "sim", "run", "workload=exim", "run=full"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: len(running(socket)) == 2)
    time.sleep(0.2)
    (job,) = set(running(socket)) - {first}
    os.kill(job, 9)
    _, error = asking.communicate(timeout=60)
    assert asking.returncode == KILLED
    assert error == "error: the process that did this job was killed\n"


@pytest.mark.usefixtures("server")
def test_one_server_of_a_machine_is_enough() -> None:
    """A cluster's job starts a Snakemake for each curve; all use the server of the first."""
    named = os.environ[VARIABLE]
    second = ForkServer([])
    second.start()
    assert os.environ[VARIABLE] == named
    second.stop()
    assert os.environ[VARIABLE] == named


def test_without_an_answer_the_work_is_done_all_the_same(tmp_path: Path) -> None:
    environment = {**os.environ, VARIABLE: str(tmp_path / "nobody")}
    command = [sys.executable, "-m", "sim", "list", "run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0
    assert "smoke" in done.stdout


def wait_until(condition: object, seconds: float = 30.0) -> None:
    """Wait for a condition that comes true soon."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
