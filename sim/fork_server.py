"""A process with everything imported, which forks for each job of a workflow.

Python needs one to three seconds to import numba, polars and matplotlib, longer than most curves
take to simulate, and a workflow has two hundred jobs. A fork of a process that has imported them
needs milliseconds.

`python -m sim` and `python -m analysis` ask `forward` first: they hand their work over when the
environment names a server that answers, and do it themselves otherwise, to the same bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from types import FrameType

from sim import streams

VARIABLE = "CORESCALE_FORK_SERVER"
"""Environment variable that names the server's socket."""

SINGLE_THREADED = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Jobs fill the cores by themselves; threads that wait for one another's little work would spin."""

ACCEPTED = b"accepted\n"
KILLED = 128 + signal.SIGKILL
STREAMS = (0, 1, 2)
PATIENCE_SECONDS = 1.0
"""How often an idle server looks whether the workflow is still there."""


# --- the job's side --------------------------------------------------------------------------


def forward(package: str, arguments: Sequence[str]) -> int | None:
    """Let the server run `python -m package arguments` here, with this process's streams.

    Returns:
        the exit status, or None where no server answers: then the caller does the work.
    """
    path = os.environ.get(VARIABLE)
    if not path or not hasattr(socket, "send_fds"):
        return None
    request = json.dumps({"package": package, "arguments": list(arguments), "folder": os.getcwd()})
    data = request.encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
            sent = socket.send_fds(connection, [data], STREAMS)
            connection.sendall(data[sent:])
            answer = connection.makefile("rb")
            if answer.readline() != ACCEPTED:
                return None
        except OSError:
            return None
        status = answer.readline()
    if not status:
        print("error: the process that did this job was killed", file=sys.stderr)
        return KILLED
    return int(status)


# --- the workflow's side ---------------------------------------------------------------------


class ForkServer:
    """A server that runs until it is stopped, or until the process that started it is gone.

    `preload` names modules to import, and functions to call after that as `module:function`.
    """

    def __init__(self, preload: Sequence[str]) -> None:
        self._preload = tuple(preload)
        self._folder = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and name it in the environment, unless it names one of this machine.

        Without Linux, do nothing: other systems' libraries do not survive a fork.
        """
        named = os.path.exists(os.environ.get(VARIABLE, ""))
        if sys.platform != "linux" or self._process is not None or named:
            return
        self._folder = tempfile.mkdtemp(prefix="corescale-")
        path = f"{self._folder}/socket"
        # The children inherit make's lock, so that a second make waits for jobs of a killed one.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sim.fork_server", path, *self._preload],
            stdin=subprocess.DEVNULL,
            close_fds=False,
            env={**SINGLE_THREADED, **os.environ},
        )
        os.environ[VARIABLE] = path

    def stop(self) -> None:
        """End the server; jobs under way are not touched."""
        if self._process is None:
            return
        os.environ.pop(VARIABLE, None)
        self._process.terminate()
        self._process.wait()
        self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)


# --- the server ------------------------------------------------------------------------------


def serve(path: str, preload: Sequence[str]) -> None:
    """Answer jobs on a socket until the process that started this one is gone.

    The socket is there before the imports: jobs that come early wait rather than import.
    """
    workflow = os.getppid()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1024)
    for name in preload:
        module, _, function = name.partition(":")
        imported = import_module(module)
        if function:
            getattr(imported, function)()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
    listener.settimeout(PATIENCE_SECONDS)
    while os.getppid() == workflow:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        if os.fork() == 0:
            listener.close()
            _exit_after(connection)
        connection.close()
    shutil.rmtree(os.path.dirname(path), ignore_errors=True)


def _exit_after(connection: socket.socket) -> None:
    """Do the job of one connection in this child, and leave without cleaning up the parent's."""
    status = 1
    try:
        status = _job(connection)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        # The asker leaves when it has the answer: no reason any more to end as if it were killed.
        signal.signal(signal.SIGIO, signal.SIG_IGN)
        with contextlib.suppress(OSError):
            connection.sendall(b"%d\n" % status)
        os._exit(status)


def _job(connection: socket.socket) -> int:
    """Read one request, take over its streams and folder, and run it."""
    connection.setblocking(True)
    data, streams, _, _ = socket.recv_fds(connection, 1 << 16, len(STREAMS))
    while not data.endswith(b"\n"):
        data += connection.recv(1 << 16)
    request = json.loads(data)
    for stream, number in zip(streams, STREAMS, strict=True):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.pop(VARIABLE, None)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in (signal.SIGTERM, signal.SIGIO):
        signal.signal(number, stop)
    connection.sendall(ACCEPTED)
    # From here on, the end of the other side is a signal: a job whose asker is killed ends, too.
    fcntl.fcntl(connection, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(connection, fcntl.F_GETFL)
    fcntl.fcntl(connection, fcntl.F_SETFL, flags | os.O_ASYNC)
    main: Callable[[Sequence[str]], int] = import_module(f"{request['package']}.__main__").main
    try:
        return main(request["arguments"])
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)


def stop(number: int, frame: FrameType | None) -> None:
    """Handle a signal by ending as `exit` does, so that temporary files are removed."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    # Every job inherits the streams' objects, and puts its own files under them.
    streams.open_standard()
    with contextlib.suppress(KeyboardInterrupt):
        serve(sys.argv[1], sys.argv[2:])
