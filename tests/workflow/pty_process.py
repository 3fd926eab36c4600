"""A process on a pseudo-terminal: what it shows when it believes that a person is there."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.config.files import CONF


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
        size = struct.pack("HHHH", 50, columns, 0, 0)
        fcntl.ioctl(1, termios.TIOCSWINSZ, size)
        kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
        kept |= {"TERM": "xterm-256color", **(environment or {})}
        kept.pop("COLUMNS", None)
        os.execvpe(command[0], list(command), kept)
    os.write(terminal, typed.encode())
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
    _, status = os.waitpid(process, 0)
    return Shown(os.waitstatus_to_exitcode(status), b"".join(parts).decode().replace("\r\n", "\n"))
