"""A process on a pseudo-terminal: what it shows when it believes that a person is there."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sim.config.files import CONF
from tests.warm_python import WarmPython


@dataclass(frozen=True)
class Shown:
    """What a process wrote to its terminal, and how it ended."""

    status: int
    text: str


def on_a_terminal(
    command: Sequence[str],
    *,
    columns: int = 80,
    environment: Mapping[str, str] | None = None,
    typed: str = "",
) -> Shown:
    """Run a command in the project's folder, with all of its streams on one terminal."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(CONF.parent)
        size(1, columns)
        os.execvpe(command[0], list(command), of_a_terminal(environment))
    os.write(terminal, typed.encode())
    text = shown(terminal)
    _, status = os.waitpid(process, 0)
    return Shown(os.waitstatus_to_exitcode(status), text)


def warm_on_a_terminal(
    python: WarmPython, *arguments: str, environment: Mapping[str, str] | None = None
) -> Shown:
    """Run what follows `python` so, on 80 columns, by one that has imported what others wrote."""
    terminal, other = pty.openpty()
    size(other, 80)
    name, asked = os.ttyname(other), of_a_terminal(environment)

    def ran() -> int:
        try:
            return python.run_on(name, arguments, CONF.parent, asked)
        finally:
            os.close(other)

    with ThreadPoolExecutor(1) as apart:
        status = apart.submit(ran)
        text = shown(terminal)
    return Shown(status.result(), text)


def size(terminal: int, columns: int) -> None:
    """Set the size of a terminal."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))


def of_a_terminal(more: Mapping[str, str] | None) -> dict[str, str]:
    """This environment, as that of somebody at a colour terminal, and more."""
    unknown = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if name not in unknown}
    found = {**kept, "TERM": "xterm-256color", **(more or {})}
    found.pop("COLUMNS", None)
    return found


def shown(terminal: int) -> str:
    """What is written to a terminal until all have closed its other side."""
    parts = []
    while True:
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode().replace("\r\n", "\n")
