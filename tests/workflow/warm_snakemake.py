"""Snakemake, forked from a process that has imported it, the analysis and the simulator.

A start then costs milliseconds in place of seconds, so that a test can afford many. Run as a
program in a project's folder it answers lines of JSON on its standard input. A list of arguments,
and the file for what Snakemake prints, start one: the answer is the number of its process, which
leads a group of its own. Such a number asks for the exit status, and the answer waits for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

IMPORTED = (
    "snakemake.cli",
    "analysis.workflow.state",
    "analysis.workflow.estimate",
    "analysis.workflow.folder_lock",
    "sim.machine.site",
    "pandas",
    "smart_open",
)
"""The last three are imported late: to hash a plan, to compare jobs' parameters, to read a file."""


class WarmSnakemake:
    """A process that forks Snakemake in a project, while its code is as it was at the start."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._said: dict[int, Path] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.workflow.warm_snakemake"],
            cwd=project,
            env={**os.environ, "PYTHONPATH": f"{project}:{Path(__file__).resolve().parents[2]}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, arguments: Sequence[str]) -> int:
        """Start Snakemake; returns the number of its process and group."""
        said = self._project / f"snakemake{len(self._said)}.said"
        started = self._asked([list(arguments), str(said)])
        self._said[started] = said
        return started

    def wait(self, started: int | None = None) -> tuple[int, str]:
        """Wait for what was started, without a number for the last.

        Returns its exit status, negative for a signal, and what it said.
        """
        process = [*self._said][-1] if started is None else started
        status, said = self._asked(process), self._said.pop(process)
        return status, said.read_text(encoding="utf-8", errors="replace")

    def run(self, arguments: Sequence[str]) -> tuple[int, str]:
        self.start(arguments)
        return self.wait()

    def __call__(
        self, *arguments: str, config: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Do what `tests.workflow.tiny.snakemake` does; `stdout` has all that is said."""
        asked = [*arguments, *(["--config", *config] if config else [])]
        status, said = self.run(asked)
        return subprocess.CompletedProcess(["snakemake", *asked], status, said, "")

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)

    def _asked(self, request: object) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


def load() -> None:
    """Have what every job makes anew and no file of a test's changes: templates and chart forms.

    What is read from files is read again when their times change, as in the product.
    """
    charts, site = map(import_module, ("analysis.report.charts", "analysis.report.site"))
    templates = site.environment()
    for name in templates.list_templates(extensions=["j2"]):
        templates.get_template(name)
    charts._lines(1)
    import_module("analysis.report.calibrated").shown()
    import_module("sim.experiment.answer").load()


def serve() -> None:
    """Fork for each line of standard input."""
    for name in IMPORTED:
        import_module(name)
    import_module("snakemake.cli").get_argument_parser()  # which imports all of its plugins
    from analysis.workflow.invocation import PRELOAD
    from sim.experiment import answer, calibrations
    from sim.fork_server import ForkServer, forward

    calibrations.keep()
    answer.load()
    server = ForkServer([*PRELOAD, "tests.workflow.warm_snakemake:load"])
    server.start()
    forward("", [])  # is refused, and not before the server has imported everything
    for line in sys.stdin:
        request = json.loads(line)
        if isinstance(request, int):
            _, status = os.waitpid(request, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        child = os.fork()
        if child == 0:
            snakemake(*request)
        print(child, flush=True)
    server.stop()


def snakemake(arguments: list[str], said: str) -> NoReturn:
    """Be Snakemake in this child."""
    status = 1
    os.setsid()
    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream, number in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (output, 2)):
        os.dup2(stream, number)
    sys.argv = ["snakemake", *arguments]
    try:
        import_module("snakemake.cli").main(arguments)
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
        if isinstance(leaving.code, str):
            print(leaving.code, file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
