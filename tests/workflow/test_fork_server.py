"""Jobs that a fork server does are the jobs that the command line does."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sim.fork_server import (
    ACCEPTED,
    KILLED,
    REQUEST_SECONDS,
    VARIABLE,
    ForkServer,
    end_with,
    forward,
)
from tests.user_cache.users import MALLORY, NEEDS_ROOT, as_user
from tests.workflow.tiny import ROOT, digests

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="jobs are forked on Linux only")
QUICK = ["workload=micro/lock", "run=smoke", "cores=[2]"]


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    one = ForkServer(["sim.command.run", "sim.command.warm:load"])
    one.start()
    wait_until(lambda: reached(os.environ[VARIABLE]))
    yield one
    one.stop()
    assert VARIABLE not in os.environ


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sim", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sim", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, env=without_server()
    )


def without_server() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if name != VARIABLE}


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


def test_the_server_does_the_jobs_of_the_one_command(server: ForkServer) -> None:
    code = "import sys, sim.fork_server as s; sys.exit(s.forward('corescale', sys.argv[1:]))"
    command = [sys.executable, "-c", code, "list", "kernel"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout == alone("list", "kernel").stdout != ""
    assert (done.returncode, done.stderr) == (0, "")


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
    name = os.environ[VARIABLE]
    wait_until(lambda: len(running(name)) == 1)
    asking = subprocess.Popen(
        [sys.executable, "-m", "sim", "run", "workload=exim", "run=full"], cwd=ROOT
    )
    wait_until(lambda: len(running(name)) == 2)
    asking.kill()
    asking.wait()
    wait_until(lambda: len(running(name)) == 1)


def test_a_job_that_is_killed_is_an_error_with_a_message(server: ForkServer) -> None:
    name = os.environ[VARIABLE]
    wait_until(lambda: len(running(name)) == 1)
    (first,) = running(name)
    asking = subprocess.Popen(
        [sys.executable, "-m", "sim", "run", "workload=exim", "run=full"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: len(running(name)) == 2)
    time.sleep(0.2)
    (job,) = set(running(name)) - {first}
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


def test_without_an_answer_the_work_is_done_all_the_same() -> None:
    environment = {**os.environ, VARIABLE: "nobody"}
    command = [sys.executable, "-m", "sim", "list", "run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0
    assert "smoke" in done.stdout


@pytest.mark.parametrize("name", ["", "nobody", "/nowhere/socket", "n" * 300, "\udcff"])
def test_any_name_of_nobody_is_none_to_hand_work_to(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, name)
    assert forward("sim", ["list", "run"]) is None


def wait_until(condition: object, seconds: float = 30.0) -> None:
    """Wait for a condition that comes true soon."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


# --- askers that are no askers ---------------------------------------------------------------

SERVE = """
import sys
import sim.fork_server as server
server.REQUEST_SECONDS = float(sys.argv[2])
server.serve(sys.argv[1], [])
"""


@contextlib.contextmanager
def serving(seconds: float) -> Iterator[str]:
    """Name a server that imports nothing, and waits so long for a request."""
    name = f"corescale-test-{secrets.token_hex(16)}"
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, name, str(seconds)], cwd=ROOT, stdin=subprocess.PIPE
    ) as process:
        wait_until(lambda: reached(name))
        yield name
        assert process.poll() is None
        process.kill()


@pytest.fixture(scope="module")
def bare() -> Iterator[str]:
    """The name of a server that waits for longer than this test takes."""
    with serving(60) as name:
        yield name


@pytest.fixture(scope="module")
def impatient() -> Iterator[str]:
    """The name of a server that hardly waits."""
    with serving(0.5) as name:
        yield name


def reached(name: str) -> bool:
    """Whether a server listens."""
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(f"\0{name}") == 0


def connected(name: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(30)
    connection.connect(f"\0{name}")
    return connection


def let_it_fork(name: str) -> None:
    """Wait until a server has a child for every connection so far: it answers them in order."""
    with connected(name) as connection:
        connection.sendall(b"\n")
        connection.makefile("rb").read()


REQUEST = {"package": "sim", "arguments": ["list", "run"], "folder": "/"}


WHOLE = [
    b"\n",
    b"garbage\n",
    b"null\n",
    b"[]\n",
    b"\xff\n",
    json.dumps(REQUEST).encode() + b"\n",  # without its streams
    json.dumps({**REQUEST, "package": "os"}).encode() + b"\n",
    json.dumps({"package": "sim"}).encode() + b"\n",
]


@pytest.mark.parametrize(
    ("sent", "stays"), [(b"", False), (b"{", False), *((line, True) for line in WHOLE)]
)
def test_a_child_ends_when_what_it_is_sent_is_no_request(
    bare: str, sent: bytes, stays: bool
) -> None:
    wait_until(lambda: len(running(bare)) == 1)
    with connected(bare) as connection:
        connection.sendall(sent)
        if stays:
            assert connection.makefile("rb").readline() != ACCEPTED
    let_it_fork(bare)
    wait_until(lambda: len(running(bare)) == 1, seconds=5)


@pytest.mark.parametrize("sent", [b"", b'{"package": "sim"'])
def test_a_child_waits_for_a_request_without_computing_and_not_for_long(
    impatient: str, sent: bytes
) -> None:
    wait_until(lambda: len(running(impatient)) == 1)
    with connected(impatient) as connection:
        connection.sendall(sent)
        wait_until(lambda: len(running(impatient)) == 2)
        child = max(running(impatient))
        spent = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        assert int(spent[11]) + int(spent[12]) < 10  # ticks of 10 ms in user and system mode
        wait_until(lambda: len(running(impatient)) == 1, seconds=5)


@pytest.mark.parametrize("make", [socket.socketpair, os.pipe])
def test_a_process_ends_with_a_side_that_is_gone_already(make: Callable[[], tuple]) -> None:
    child = os.fork()
    if child == 0:
        kept, gone = make()
        gone.close() if isinstance(gone, socket.socket) else os.close(gone)
        end_with(kept if isinstance(kept, int) else kept.fileno())
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGIO


def test_a_job_whose_asker_left_before_it_began_ends(bare: str, tmp_path: Path) -> None:
    arguments = ["run", "workload=exim", "run=full", f"out={tmp_path}/x.parquet"]
    request = {**REQUEST, "arguments": arguments, "folder": str(ROOT)}
    wait_until(lambda: len(running(bare)) == 1)
    with open(os.devnull, "r+b") as null, connected(bare) as connection:
        line = json.dumps(request).encode() + b"\n"
        socket.send_fds(connection, [line], [null.fileno()] * 3)
    let_it_fork(bare)
    wait_until(lambda: len(running(bare)) == 1, seconds=10)
    assert list(tmp_path.iterdir()) == []


# --- nothing outlives its run ----------------------------------------------------------------

LONG = "t" * 150
"""A name of a temporary folder that fits into no address of a socket."""

WORKFLOW = """
import socket, sys, time
from sim.fork_server import VARIABLE, ForkServer
import os
server = ForkServer(sys.argv[1:])
server.start()
print(os.environ[VARIABLE], flush=True)
time.sleep(600)
"""


@pytest.fixture
def workflow(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start a process as a group of its own that starts a server and waits to be killed."""
    started = []

    def start(*preload: str) -> tuple[subprocess.Popen[str], str]:
        (tmp_path / "slow.py").write_text("def forever():\n    while True: pass\n")
        (tmp_path / LONG).mkdir()
        places = {"TMPDIR": f"{tmp_path}/{LONG}", "PYTHONPATH": f"{ROOT}:{tmp_path}"}
        process = subprocess.Popen(
            [sys.executable, "-c", WORKFLOW, *preload],
            cwd=ROOT,
            env={**without_server(), **places},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("kill", [os.kill, os.killpg])
@pytest.mark.parametrize("preload", [[], ["slow:forever"]])
def test_a_killed_workflow_leaves_no_process_and_no_file(
    workflow: Callable[..., tuple[subprocess.Popen[str], str]],
    tmp_path: Path,
    preload: list[str],
    kill: Callable[[int, int], None],
) -> None:
    process, name = workflow(*preload)
    wait_until(lambda: reached(name))
    with connected(name) as idle:
        if not preload:
            wait_until(lambda: len(running(name)) >= 2)
        kill(process.pid, signal.SIGKILL)
        process.wait()
        wait_until(lambda: not running(name), seconds=REQUEST_SECONDS + 3)
        idle.close()
    assert list((tmp_path / LONG).iterdir()) == []


def test_jobs_keep_what_their_workflow_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a second make waits for the jobs of a killed one."""
    monkeypatch.delenv(VARIABLE, raising=False)
    one = ForkServer([])
    with open(tmp_path / "lock", "w") as lock:
        os.set_inheritable(lock.fileno(), True)
        one.start()
    name = os.environ[VARIABLE]
    try:
        wait_until(lambda: reached(name))
        (server, *_) = running(name)
        held = [os.readlink(place) for place in Path(f"/proc/{server}/fd").iterdir()]
        assert str(tmp_path / "lock") in held
    finally:
        one.stop()


# --- two users -------------------------------------------------------------------------------


@NEEDS_ROOT
def test_a_server_does_not_work_for_a_neighbour(bare: str) -> None:
    wait_until(lambda: len(running(bare)) == 1)

    def ask_as_mallory() -> tuple[bytes, int | None]:
        with connected(bare) as connection:
            try:
                socket.send_fds(connection, [json.dumps(REQUEST).encode() + b"\n"], [0, 1, 2])
                said = connection.recv(100)
            except OSError:
                said = b""
        os.environ[VARIABLE] = bare
        return said, forward("sim", ["list", "run"])

    assert as_user(MALLORY, ask_as_mallory) == (b"", None)
    assert len(running(bare)) == 1


@NEEDS_ROOT
def test_nothing_is_sent_to_a_neighbours_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name may be one that a server of ours had: they can be listed."""
    name = f"corescale-test-{secrets.token_hex(16)}"

    def listen_as_mallory() -> bytes:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"\0{name}")
            listener.listen()
            listener.settimeout(30)
            os.write(ready, b"1")
            with listener.accept()[0] as connection:
                connection.settimeout(30)
                return connection.recv(100)

    told, ready = os.pipe()
    monkeypatch.setenv(VARIABLE, name)
    with ThreadPoolExecutor() as pool:
        received = pool.submit(as_user, MALLORY, listen_as_mallory)
        assert os.read(told, 1) == b"1"
        assert forward("sim", ["list", "run"]) is None
        assert received.result() == b""
    one = ForkServer([])
    one.start()  # the one that is named is not ours
    assert os.environ[VARIABLE] != name
    one.stop()
