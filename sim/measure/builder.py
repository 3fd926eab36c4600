"""Probes as programs: compiled where they are needed, and kept in the user's cache.

The compiler is $CC, cc, gcc or clang, whichever is there first, or else the one in the Python wheel
`ziglang` (the extra `measure`). What was compiled is found again by a digest of its source, the
header, the compiler and the CPU's kind.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sim.config.errors import ConfigError, message
from sim.user_cache import contents
from sim.user_cache.entry import DamagedError, read, write
from sim.user_cache.place import place

SOURCES = Path(__file__).resolve().parent / "probes"
PROBES = tuple(sorted(path.stem for path in SOURCES.glob("*.c")))
HEADER = SOURCES / "probe.h"
FLAGS = ("-O2", "-std=gnu11", "-pthread")
NAMES = ("cc", "gcc", "clang")


@dataclass(frozen=True)
class Compiler:
    """A C compiler: the words that call it, and how it names itself."""

    words: tuple[str, ...]
    version: str


def find_compiler() -> Compiler:
    """Find a C compiler.

    Raises:
        ConfigError: if there is none.
    """
    given = os.environ.get("CC")
    candidates = [shlex.split(given)] if given else [[name] for name in NAMES]
    if importlib.util.find_spec("ziglang") is not None:
        candidates.append([sys.executable, "-m", "ziglang", "cc"])
    for words in candidates:
        if words and shutil.which(words[0]):
            version = _version(words)
            if version:
                return Compiler(tuple(words), version)
    looked_at = f"CC={given}" if given else ", ".join(NAMES)
    raise ConfigError(
        message(
            "machine measure",
            f"no C compiler: looked for {looked_at}, and the Python wheel ziglang",
            "install gcc or clang, or: python -m pip install ziglang",
        )
    )


def _version(words: Sequence[str]) -> str:
    """First line of what a compiler says of itself; empty if it does not work."""
    try:
        done = subprocess.run(
            [*words, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = done.stdout.splitlines()
    return lines[0].strip() if done.returncode == 0 and lines else ""


@contextmanager
def built(compiler: Compiler, names: Sequence[str] = PROBES) -> Iterator[dict[str, Path]]:
    """Build probes; yields the programs, which are there until the end.

    Raises:
        ConfigError: if one cannot be compiled.
    """
    with tempfile.TemporaryDirectory(prefix="corescale-probes-") as folder:
        yield {name: _program(compiler, name, Path(folder)) for name in names}


def _program(compiler: Compiler, name: str, folder: Path) -> Path:
    """One probe, from the cache if it is there."""
    program = folder / name
    kept = _kept(compiler, name)
    content = None
    if kept is not None:
        try:
            content = read(kept)
        except DamagedError:
            content = None
    if content is None:
        _compile(compiler, name, program)
        if kept is not None:
            with suppress(OSError):  # compiled again the next time
                write(kept, program.read_bytes())
    else:
        program.write_bytes(content)
    program.chmod(0o700)
    return program


def _kept(compiler: Compiler, name: str) -> Path | None:
    """Where the cache has a probe; None where nothing is kept."""
    root = place().folder
    if root is None:
        return None
    made_from = [
        *(path.read_bytes() for path in (HEADER, SOURCES / f"{name}.c")),
        repr((compiler, FLAGS, platform.machine(), platform.libc_ver())).encode(),
    ]
    digest = hashlib.sha256(b"\0".join(made_from)).hexdigest()
    return root / contents.PROBES / f"{name}-{digest[:32]}"


def _compile(compiler: Compiler, name: str, program: Path) -> None:
    source = SOURCES / f"{name}.c"
    command = [*compiler.words, *FLAGS, str(source), "-o", str(program), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or [done.stderr]
        raise ConfigError(
            message(f"{source.name}", f"cannot be compiled by {compiler.version}", lines[0].strip())
        )
