"""The user's own mechanisms: Python files in the folders that also hold his configuration.

A lock, a strategy of a kernel object, a workload, a metric or a view registers itself by being
defined. A file that does so may lie in this project or in `extensions/` of a folder named by
`--config-dir` or by CORESCALE_CONFIG_DIR, and works alike. The folders are looked at when the first
list of such things is made, so they have to be known when a program starts.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

VARIABLE = "CORESCALE_CONFIG_DIR"
"""Folders of the user's own, between colons, in whose files every program looks."""
OPTION = "--config-dir"
FOLDER = "extensions"
LATER = (
    "{} needs what this file defines: import what leads to it inside the method that uses it, "
    "or under TYPE_CHECKING"
)


def named_folders() -> tuple[Path, ...]:
    """Folders that the environment names."""
    return tuple(Path(text) for text in os.environ.get(VARIABLE, "").split(os.pathsep) if text)


def _given(words: Sequence[str]) -> tuple[Path, ...]:
    """Folders that a command line names."""
    after = [Path(b) for a, b in zip(words, words[1:], strict=False) if a == OPTION]
    joined = [Path(w.partition("=")[2]) for w in words if w.startswith(f"{OPTION}=")]
    return (*after, *joined)


def files() -> tuple[Path, ...]:
    """Python files of the user's own, in the order of their names within each folder."""
    return _files_in((*named_folders(), *_given(sys.argv)))


def _files_in(places: Sequence[Path]) -> tuple[Path, ...]:
    folders = dict.fromkeys(path.expanduser().resolve() for path in places)
    return tuple(file for path in folders for file in sorted((path / FOLDER).glob("*.py")))


def need_a_process_of_their_own() -> bool:
    """Whether the command line names files that a server started in this environment lacks."""
    return set(files()) > set(_files_in(named_folders()))


def name_folders(places: Sequence[str]) -> None:
    """Have this process and those that it starts look into more folders."""
    named = [str(path) for path in named_folders()]
    os.environ[VARIABLE] = os.pathsep.join(dict.fromkeys([*named, *places]))


_being_read: list[Path] = []


def refuse_while_reading(module: str) -> None:
    """Refuse to import a module that needs everything that the user's files define.

    Raises:
        ImportError: one of those files imports it.
    """
    if _being_read:
        raise ImportError(LATER.format(module))


def _said(error: BaseException) -> str:
    """An error of a user's file in words."""
    if isinstance(error, ImportError) and "partially initialized" in str(error):
        return f"ImportError: {LATER.format(error.name)}"
    return f"{type(error).__name__}: {error}"


@cache
def load() -> None:
    """Import the user's files, each once.

    Raises:
        SystemExit: if one of them cannot be imported: 2, after a line that says which and why.
    """
    found = files()
    if found:  # what is there already is told from what is new
        for package in ("sim.kernel.objects", "metrics", "views"):
            import_all(package)
    for file in found:
        name = f"corescale_extension_{file.stem}"
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        _being_read.append(file)
        try:
            spec.loader.exec_module(module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit, too: nothing has been done yet
            line = _line_of(file, error)
            print(f"error: {file}{line}: {_said(error)}", file=sys.stderr)
            raise SystemExit(2) from None
        finally:
            _being_read.remove(file)


def import_all(package: str) -> None:
    """Import every module of a package, folders inside included, for what they register."""
    inside = importlib.import_module(package).__path__
    for module in pkgutil.walk_packages(inside, f"{package}."):
        importlib.import_module(module.name)  # the one that asks is being imported, and stays so


def _line_of(file: Path, error: BaseException) -> str:
    """The line of a file in which an error arose last, as a suffix; empty if in none."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f":{error.lineno}"
    found, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            found = f":{trace.tb_lineno}"
        trace = trace.tb_next
    return found
