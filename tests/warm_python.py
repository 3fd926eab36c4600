"""A Python that has imported what others wrote, and nothing of ours: it forks for each program.

Half of what a start costs is the import of numba, polars and their like. A fork has them already,
and imports every file of the project, and of the user's own, as a fresh process does. So a test
that is not about the start itself may use it in the place of `subprocess.run`.

Variables that Python reads before the first import (PYTHONIOENCODING, PYTHONUTF8) do not count.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

IMPORTED = (
    *("altair", "asyncio", "click", "hydra", "jinja2", "json", "markdown_it", "matplotlib.pyplot"),
    *("numba", "numba.core.typed_passes", "numpy", "omegaconf", "polars", "pydantic", "pygments"),
    *("rich.console", "rich.progress", "scipy.optimize", "scipy.stats", "seaborn", "yaml"),
)
SINGLE_THREADED = {"OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
"""A process with threads cannot be forked, and little work is not worth any."""


class WarmPython:
    """A process that forks whenever a program is to be run; it starts with the first one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run what follows `python`: `-m` or `-c` and more; its input is empty."""
        with tempfile.TemporaryDirectory() as place:
            streams = [os.devnull, f"{place}/out", f"{place}/err"]
            status = self._ask(arguments, folder, environment, streams)
            out, err = (Path(path).read_text("utf-8") for path in streams[1:])
        return subprocess.CompletedProcess(["python", *arguments], status, out, err)

    def run_on(
        self,
        terminal: str,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
    ) -> int:
        """Run it with all streams on a terminal, by its name, which becomes its own."""
        return self._ask(arguments, folder, environment, [terminal] * 3)

    def __enter__(self) -> WarmPython:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate(timeout=60)

    def _ask(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None,
        streams: Sequence[str],
    ) -> int:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__],
                env={**os.environ, **SINGLE_THREADED, "PYTHONPATH": ""},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        own = dict(os.environ if environment is None else environment)
        request = [list(arguments), str(folder), {**SINGLE_THREADED, **own}, list(streams)]
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


# --- the process ---------------------------------------------------------------------------------


def serve() -> None:
    """Fork for each line of standard input; say how each program ended."""
    del sys.path[0]  # this file's folder
    for name in IMPORTED:
        import_module(name)
    import_module("numba").njit(lambda: None)()  # has LLVM ready
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            be(*json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def be(
    arguments: list[str], folder: str, environment: dict[str, str], streams: list[str]
) -> NoReturn:
    """Be a program in this child."""
    status = 1
    os.setsid()
    for number, path in enumerate(streams):  # a terminal becomes its own
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    sys.stdin = os.fdopen(0, closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    try:
        do(arguments, environment.get("PYTHONPATH", ""))
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        if isinstance(leaving.code, str):
            print(leaving.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def do(arguments: list[str], named: str) -> None:
    """Run a module, or code, with the paths that a process of its own would have."""
    option, what, *words = arguments
    folder = os.getcwd() if option == "-m" else ""
    sys.path[:0] = [folder, *(path for path in named.split(os.pathsep) if path)]
    sys.argv = [option, *words]
    if option == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        assert option == "-c"
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    serve()
