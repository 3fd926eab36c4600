"""A process with everything imported, which forks for each job of a workflow.

Python needs one to three seconds to import numba, polars and matplotlib, longer than most curves
take to simulate, and a workflow has two hundred jobs. A fork of a process that has imported them
needs milliseconds.

`python -m sim` and `python -m analysis` ask `forward` first: they hand their work over when the
environment names a server that answers, and do it themselves otherwise, to the same bytes.

The server listens on a name of Linux's abstract sockets, which is no file: nothing is left behind
when it is killed, and no folder's name is too long. Other users can find the name, so each side
asks the kernel whose process the other is, and says nothing to strangers.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from sim import streams
from sim.front_end import FORK_SERVER as VARIABLE
from sim.front_end import stop

if TYPE_CHECKING:
    import subprocess

# What only the server needs is imported where it is used: each job begins with a process that
# imports this file to ask.

SINGLE_THREADED = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Jobs fill the cores by themselves; threads that wait for one another's little work would spin."""

ACCEPTED = b"accepted\n"
PR_SET_PDEATHSIG = 1
"""Of Linux' prctl(2)."""
KILLED = 128 + signal.SIGKILL
STREAMS = (0, 1, 2)
CREDENTIALS = struct.Struct("3i")
"""What the kernel says of the other side: process, user and group (`struct ucred` of unix(7))."""

PACKAGES = ("sim", "analysis", "corescale")
LONGEST_REQUEST = 1 << 24
"""Bytes; Linux passes arguments of 6 MiB at most."""

REQUEST_SECONDS = 2.0
"""How long a child waits for a request, which is sent at once or never."""

BREATH_SECONDS = 0.1
"""How long a server without descriptors or memory waits for some."""


class NoRequestError(Exception):
    """What arrived is no request: its sender is gone, is slow, or is no part of this program."""


def is_own(connection: socket.socket) -> bool:
    """Whether the process at the other end is one of this user's."""
    if not hasattr(socket, "SO_PEERCRED"):
        return False
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    _, user, _ = CREDENTIALS.unpack(found)
    return bool(user == os.geteuid())


# --- the job's side --------------------------------------------------------------------------


def forward(package: str, arguments: Sequence[str]) -> int | None:
    """Let the server run `python -m package arguments` here, with this process's streams.

    Returns:
        the exit status, or None where no server answers: then the caller does the work.
    """
    connection = _connected(os.environ.get(VARIABLE, ""))
    if connection is None:
        return None
    with connection:
        try:
            request = {"package": package, "arguments": list(arguments), "folder": os.getcwd()}
            data = json.dumps(request).encode() + b"\n"
            sent = socket.send_fds(connection, [data], STREAMS)
            connection.sendall(data[sent:])
            answer = connection.makefile("rb")
            if answer.readline() != ACCEPTED:
                return None
        except OSError:
            return None
        try:
            status = answer.readline()
        except OSError:
            status = b""
    if not status:
        print("error: the process that did this job was killed", file=sys.stderr)
        return KILLED
    return int(status)


def _connected(name: str) -> socket.socket | None:
    """Connect to the server of a name; None where this user has none on this machine."""
    if not name or not hasattr(socket, "send_fds"):
        return None
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(_address(name))
        if is_own(connection):
            return connection
    except OSError:
        pass
    connection.close()
    return None


def _address(name: str) -> bytes:
    return b"\0" + os.fsencode(name)


# --- the workflow's side ---------------------------------------------------------------------


class ForkServer:
    """A server that runs until it is stopped, or until the process that started it is gone.

    `preload` names modules to import, and functions to call after that as `module:function`.
    """

    def __init__(self, preload: Sequence[str]) -> None:
        self._preload = tuple(preload)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and name it in the environment, unless it names one of this machine.

        Without Linux, do nothing: other systems' libraries do not survive a fork.
        """
        if sys.platform != "linux" or self._process is not None:
            return
        other = _connected(os.environ.get(VARIABLE, ""))
        if other is not None:
            other.close()
            return
        import secrets
        import subprocess

        name = f"corescale-{secrets.token_hex(16)}"
        # The pipe to its input closes when this process ends, however it does. The children
        # inherit make's lock, so that a second make waits for jobs of a killed one.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sim.fork_server", name, *self._preload],
            stdin=subprocess.PIPE,
            close_fds=False,
            env={**SINGLE_THREADED, **os.environ},
        )
        os.environ[VARIABLE] = name

    def stop(self) -> None:
        """End the server, and the jobs that are under way."""
        if self._process is None:
            return
        os.environ.pop(VARIABLE, None)
        self._process.terminate()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None


# --- the server ------------------------------------------------------------------------------


def serve(name: str, preload: Sequence[str]) -> None:
    """Answer jobs on a socket until standard input ends: with the process that started this one.

    The socket is there before the imports: jobs that come early wait rather than import.
    """
    life = sys.stdin.fileno()
    end_with(life)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(_address(name))
    listener.listen(1024)
    for item in preload:
        module, _, function = item.partition(":")
        imported = import_module(module)
        if function:
            getattr(imported, function)()
    gc.collect()
    gc.freeze()  # or each child goes through all of it again, and copies the pages
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
    server = os.getpid()
    while True:
        ready, _, _ = select.select([listener, life], [], [])
        if life in ready:
            return
        try:
            connection, _ = listener.accept()
            with connection:
                if is_own(connection) and os.fork() == 0:
                    listener.close()
                    end_with_parent(server)
                    _exit_after(connection)
        except OSError:  # no descriptor or no process left; the asker does the work itself
            time.sleep(BREATH_SECONDS)


def end_with(descriptor: int) -> None:
    """Have SIGIO sent to this process when the other side of a descriptor is gone.

    That ends the process if the signal has no handler, whatever it is doing.
    """
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
    # It may have gone before.
    poll = select.poll()
    poll.register(descriptor, select.POLLRDHUP)
    if poll.poll(0):
        os.kill(os.getpid(), signal.SIGIO)


def end_with_parent(parent: int) -> None:
    """Have SIGTERM sent to this child when the process that forked it is gone."""
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it had gone before
        os._exit(KILLED)


def _exit_after(connection: socket.socket) -> None:
    """Do the job of one connection in this child, and leave without cleaning up the parent's."""
    status = 1
    try:
        status = _job(connection)
    except NoRequestError:
        pass
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
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
    package, arguments = _taken_over(connection)
    os.environ.pop(VARIABLE, None)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in (signal.SIGTERM, signal.SIGIO):
        signal.signal(number, stop)
    # From here on, the end of the other side is a signal: a job whose asker is killed ends, too.
    end_with(connection.fileno())
    main: Callable[[Sequence[str]], int] = import_module(f"{package}.__main__").main
    return main(arguments)


def _taken_over(connection: socket.socket) -> tuple[str, list[str]]:
    """Go where the asker is, with its streams, and say so: the package and its arguments.

    Raises:
        NoRequestError: what arrived is none, or not whole within REQUEST_SECONDS.
    """
    try:
        data, streams = _received(connection)
        request = json.loads(data)
        package, arguments = request["package"], request["arguments"]
        if package not in PACKAGES or len(streams) != len(STREAMS):
            raise NoRequestError
        for stream, number in zip(streams, STREAMS, strict=True):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(request["folder"])
        connection.settimeout(None)
        connection.sendall(ACCEPTED)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise NoRequestError from error
    return package, arguments


def _received(connection: socket.socket) -> tuple[bytes, list[int]]:
    """Read a line and the descriptors that come with it."""
    end = time.monotonic() + REQUEST_SECONDS
    data, streams = b"", []
    while not data.endswith(b"\n"):
        connection.settimeout(max(end - time.monotonic(), 1e-3))
        part, descriptors, _, _ = socket.recv_fds(connection, 1 << 16, len(STREAMS))
        if not part or len(data) > LONGEST_REQUEST or time.monotonic() > end:
            raise NoRequestError
        data += part
        streams += descriptors
    return data, streams


if __name__ == "__main__":
    # Every job inherits the streams' objects, and puts its own files under them.
    streams.open_standard()
    with contextlib.suppress(KeyboardInterrupt):
        serve(sys.argv[1], sys.argv[2:])
