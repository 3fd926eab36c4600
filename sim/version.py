"""What produced a result: one hash over the sources that influence it.

A compiler's cache does not notice changes in imported modules, so compiled code lives in a folder
named after a hash of the virtual machine's sources, the compilers' versions and the CPU.
"""

from __future__ import annotations

import ast
import hashlib
import platform
import sys
from functools import cache
from pathlib import Path

from sim import extensions

PACKAGE = Path(__file__).resolve().parent
BESIDE_THE_ENGINE = (
    "acquisitions.py",
    "command/output.py",
    "config/limits.py",
    "config/run.py",
    "experiment/columns.py",
    "lowering.py",
    "point.py",
    "reading.py",
    "resonance.py",
    "rows.py",
    "settings.py",
    "shared_points.py",
    "simulate.py",
    "statistics.py",
    "trace.py",
)
"""Files outside the model's own folders that shape results."""

MODEL = ("engine", "kernel", "machine", "program", "sync", "workload")
"""Folders whose every source file shapes results."""

JUDGES = (
    *("sim.experiment.", "sim.config.errors.", "sim.settings.", "sim.statistics."),
    *("analysis.", "metrics.", "views."),
)
"""What a file with metrics or views takes of this project, and cannot change results by."""

HARMLESS = (
    *("__future__", "abc", "collections", "dataclasses", "functools", "itertools", "math"),
    *("operator", "statistics", "typing"),
    *("matplotlib", "numpy", "polars", "pydantic", "scipy", "seaborn"),
)
"""Packages that such a file takes, which know nothing of this project."""

FORMAT = "1"
"""Of files with machine code: `sim/user_cache/machine_code.py`."""


@cache
def engine_hash() -> str:
    """Hash every source that influences results: sha256 over names and contents, in hex.

    Those of the user's own are among them, but for metrics and views.
    """
    files = [file for file in extensions.files() if not only_judges(file)]
    own = [part for file in files for part in (file.name.encode(), file.read_bytes())]
    model = _digest(MODEL, BESIDE_THE_ENGINE)
    return hashlib.sha256(b"\0".join([model.encode(), *own])).hexdigest() if own else model


def only_judges(file: Path) -> bool:
    """Whether a file of the user's own defines metrics or views and can do nothing else.

    It takes one of their two bases, and of this project, other files and what may import them no
    more than what cannot simulate.
    """
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return False
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Name) and node.id in ("__import__", "exec", "eval"):
            return False
    bases = {"sim.experiment.metric.Metric", "sim.experiment.view.View"}
    return bool(bases & found) and all(
        name.startswith(JUDGES) or name.partition(".")[0] in HARMLESS for name in found
    )


@cache
def compiled_hash() -> str:
    """Hash the sources that are compiled: those of the virtual machine alone."""
    return _digest(("engine",), ())


def _files(folders: tuple[str, ...], beside: tuple[str, ...]) -> list[Path]:
    files = [path for folder in folders for path in (PACKAGE / folder).rglob("*.py")]
    files += [PACKAGE / name for name in beside]
    return sorted(file for file in files if file.is_file())


def _digest(folders: tuple[str, ...], beside: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for path in _files(folders, beside):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(PACKAGE).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


@cache
def behaviour_hash() -> str:
    """Hash what the model's sources do: as `engine_hash`, without comments, docstrings and layout.

    For what takes long to make again, and is not made again because a sentence was mended.
    """
    digest = hashlib.sha256()
    for path in _files(MODEL, BESIDE_THE_ENGINE):
        tree = ast.parse(path.read_bytes())
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                node.body = [part for part in body if not _is_text(part)]  # type: ignore[attr-defined]
        digest.update(f"{path.relative_to(PACKAGE).as_posix()}\0{ast.dump(tree)}\0".encode())
    return digest.hexdigest()


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a string and nothing else: a docstring."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def cpu_name() -> str:
    """Name the CPU that code is compiled for."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


@cache
def compiled_version() -> str:
    """Name what machine code depends on: the engine, the compilers, Python and the CPU."""
    from importlib import metadata  # takes as long as all other imports of `--help` together

    compilers = [metadata.version(name) for name in ("numba", "llvmlite")]
    key = "\0".join(
        (compiled_hash(), *compilers, str(sys.implementation.cache_tag), cpu_name(), FORMAT)
    )
    return hashlib.sha256(key.encode()).hexdigest()[:16]
