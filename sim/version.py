"""What produced a result: one hash over the sources that influence it.

Numba's cache does not notice changes in imported modules, so compiled code lives in a folder
named after a hash of the virtual machine's sources, the numba version and the CPU. Nothing here
imports numba: the folder must be known first.
"""

from __future__ import annotations

import hashlib
import os
import platform
import tempfile
from functools import cache
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
BESIDE_THE_ENGINE = (
    "command/columns.py",
    "command/output.py",
    "simulate.py",
    "trace.py",
)
"""Files outside the model's own folders that shape results."""

MODEL = ("config/schema", "engine", "kernel", "machine", "sync", "workload")
"""Folders whose every source file shapes results."""


TWIN = "engine/twin.py"
"""The oracle that tests compare with; no result comes from it."""


@cache
def engine_hash() -> str:
    """Hash every source that influences results: sha256 over names and contents, in hex."""
    return _digest(MODEL, BESIDE_THE_ENGINE)


@cache
def compiled_hash() -> str:
    """Hash the sources that are compiled: those of the virtual machine alone."""
    return _digest(("engine",), ())


def _digest(folders: tuple[str, ...], beside: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    files = [path for folder in folders for path in (PACKAGE / folder).rglob("*.py")]
    files = [path for path in files if path != PACKAGE / TWIN]
    files += [PACKAGE / name for name in beside]
    for path in sorted(file for file in files if file.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(PACKAGE).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def cpu_name() -> str:
    """Name the CPU that code is compiled for."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def compile_cache() -> Path:
    """Locate the folder for compiled code: per user, engine, numba version, checks and CPU."""
    checks = os.environ.get("NUMBA_BOUNDSCHECK", "")
    key = "\0".join((compiled_hash(), metadata.version("numba"), cpu_name(), checks))
    return cache_folder() / hashlib.sha256(key.encode()).hexdigest()[:16]


def cache_folder() -> Path:
    """Locate the user's folder for what can be made again."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    base = Path(home)
    if not _writable(base):
        base = Path(tempfile.gettempdir()) / f"cache-{os.getuid()}"
    return base / "corescale"


def _writable(folder: Path) -> bool:
    """Say whether `folder` could be created or written by this process."""
    if not folder.is_absolute():
        return False
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return existing.is_dir() and os.access(existing, os.W_OK)
