"""The user's own mechanisms: Python files in the folders that also hold his configuration.

A lock, a strategy of a kernel object, a workload, a metric or a view registers itself by being
defined. A file that does so may lie in this project or in `extensions/` of a folder named by
`--config-dir` or by CORESCALE_CONFIG_DIR, and works alike. The folders are looked at when the first
list of such things is made, so they have to be known when a program starts.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sim import streams

VARIABLE = "CORESCALE_CONFIG_DIR"
"""Folders of the user's own, between colons, in whose files every program looks."""
OPTION = "--config-dir"
FOLDER = "extensions"
PREFIX = "corescale_extension_"
"""Begins the names of the modules that the user's files become."""


class OwnFileError(RuntimeError):
    """A file of the user's own failed while it was at work; `str` names it, the line and why."""


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


@cache
def load() -> None:
    """Import the user's files, each once. What they print belongs to no answer.

    Raises:
        SystemExit: if one of them cannot be imported: 2, after a line that says which and why.
    """
    import importlib.util

    found = files()
    if found:  # what is there already is told from what is new
        for package in ("sim.kernel.objects", "metrics", "views"):
            import_all(package)
    for file in found:
        name = PREFIX + file.stem
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None and spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        _being_read.append(file)
        try:
            with streams.output_as_errors():
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
    import pkgutil

    inside = importlib.import_module(package).__path__
    for module in pkgutil.walk_packages(inside, f"{package}."):
        importlib.import_module(module.name)  # the one that asks is being imported, and stays so


def problem(error: BaseException) -> str:
    """Say in one line which of the user's files raised an error, where; empty if none did.

    An exit counts where it was raised in such a file itself: signals end a program by one, too.
    """
    if isinstance(error, OwnFileError):
        return str(error)
    own, lines = {str(file) for file in files()}, list(_lines(error))
    if isinstance(error, SystemExit):
        lines = lines[-1:]
    where = next((f"{file}:{line}" for file, line in reversed(lines) if file in own), "")
    return where and f"{where}: {_said(error)}"


def blamed(error: Exception, made: Sequence[Any]) -> OwnFileError | None:
    """What an error says about the user's files; None if it is not theirs.

    Args:
        error: arose while a program was made. A ValueError says what the program cannot have; it
            is theirs if one of their own lines raised it.
        made: what the program is made by. What an own part hands over (nothing, or an object
            without a method) may fail in a line of the project.
    """
    own, lines = {str(file) for file in files()}, list(_lines(error))
    if isinstance(error, ValueError):
        lines = lines[-1:]
    where = [f"{file}:{line}" for file, line in reversed(lines) if file in own][:1]
    if not where and not isinstance(error, ValueError | OSError | MemoryError):
        where = [place for place in map(_place, made) if place]
    return OwnFileError(f"{' or '.join(where)}: {_said(error)}") if where else None


def _place(made: Any) -> str:
    """File and line of what one of the user's files defines; empty for anything else."""
    file = getattr(sys.modules.get(made.__module__), "__file__", None)
    if not made.__module__.startswith(PREFIX) or file is None:
        return ""
    import inspect

    return f"{file}:{inspect.getsourcelines(made)[1]}"


def _said(error: BaseException) -> str:
    """An error of a user's file in words."""
    if isinstance(error, ImportError) and "partially initialized" in str(error):
        return f"ImportError: {LATER.format(error.name)}"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line_of(file: Path, error: BaseException) -> str:
    """The line of a file in which an error arose last, as a suffix; empty if in none."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f":{error.lineno}"
    found = [line for name, line in _lines(error) if name == str(file)]
    return f":{found[-1]}" if found else ""


def _lines(error: BaseException) -> Iterator[tuple[str, int]]:
    """Files and lines that an error came through, the one that raised it last."""
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
