"""The files of `conf/` and of the user's own folders: where they are, and what they hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

from sim.config.document import check_size
from sim.config.errors import ConfigError, FileError, message
from sim.config.parsing import parsed
from sim.extensions import OPTION, VARIABLE, named_folders

T = TypeVar("T")
CONF = Path(__file__).resolve().parents[2] / "conf"
CHOICE_GROUPS = ("hardware", "kernel", "kernel/fix", "workload", "run")
"""Folders of conf/ whose files are the choices of a run."""


def expanded(text: str, origin: str) -> Path:
    """Return the path that a word names, `~` and `~user` replaced by home folders.

    Raises:
        ConfigError: if there is no such user, or nobody knows where the home folder is.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        user = Path(text).parts[0]
        raise ConfigError(
            message(origin, f"the home folder {user} is unknown", "write ./~... for a name with ~")
        ) from None


def folders(config_dirs: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Return the project's conf/ and the user's folders, absolute; each must exist."""
    of = (folders, tuple(config_dirs), named_folders())
    return made_once(of, lambda: _folders(config_dirs))


def _folders(config_dirs: Sequence[Path]) -> tuple[Path, ...]:
    if not (CONF / "config.yaml").is_file():
        raise ConfigError(
            message(str(CONF), "the project's conf/ is not here", "run corescale from its checkout")
        )
    found = [CONF]
    given = [(folder, f"{OPTION} {folder}") for folder in config_dirs]
    named = [(folder, f"{VARIABLE}={folder}") for folder in named_folders()]
    for folder, origin in (*given, *named):
        try:
            path = expanded(str(folder), origin).resolve()
            there = path.is_dir() and os.access(path, os.R_OK | os.X_OK)
        except (OSError, RuntimeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            of = ConfigError if isinstance(error, ValueError) else FileError
            raise of(message(origin, f"cannot be read: {reason}")) from None
        if not there and path.is_dir():
            raise FileError(message(origin, "cannot be read: Permission denied"))
        if not there:
            raise ConfigError(message(origin, "no such folder"))
        if path not in found:
            found.append(path)
    return tuple(found)


@dataclass(frozen=True, order=True)
class File:
    """A file, with what changes when its content does."""

    path: Path
    modified: int
    size: int

    @classmethod
    def of(cls, path: Path) -> File:
        """Look at a file."""
        state = path.stat()
        return cls(path, state.st_mtime_ns, state.st_size)


_MADE: ContextVar[dict[Hashable, Any] | None] = ContextVar("made", default=None)
"""What follows from the files while nothing changes, by what it was made of.

It is one thread's: another one's request neither sees it nor ends it.
"""


@contextmanager
def unchanging() -> Iterator[None]:
    """Read every folder and file once while a request is planned: nobody edits conf/ meanwhile."""
    before = _MADE.set({} if _MADE.get() is None else _MADE.get())
    try:
        yield
    finally:
        _MADE.reset(before)


def made_once(of: Hashable, make: Callable[[], T]) -> T:
    """Make what follows from the folders' files and from `of`; once while nothing changes.

    Callers do not change what they get.
    """
    made = _MADE.get()
    if made is None:
        return make()
    if of not in made:
        made[of] = make()
    found: T = made[of]
    return found


def check_once(
    check: Callable[[str, str, Sequence[Path]], None],
    group: str,
    name: str,
    config_dirs: Sequence[Path],
) -> None:
    """Check a choice's files with the one function that does; once while nothing changes."""
    of = (check, group, name, tuple(config_dirs))
    made_once(of, lambda: check(group, name, config_dirs))


def listing(folder: Path) -> list[File]:
    """List the YAML files under a folder, sorted by path."""
    return made_once((listing, folder), lambda: _listed(folder))


def _listed(folder: Path) -> list[File]:
    try:
        return sorted(File.of(path) for path in folder.rglob("*.yaml") if path.is_file())
    except OSError as error:
        raise unreadable(Path(error.filename or folder), error) from None


def choices(group: str, config_dirs: Sequence[Path] = ()) -> dict[str, Path]:
    """List the choices of a group with their files; `experiment` is a group too."""

    def found() -> dict[str, Path]:
        listed = tuple((f, tuple(listing(f / group))) for f in folders(config_dirs))
        return dict(_choices(group, listed))

    return made_once((choices, group, tuple(config_dirs)), found)


@lru_cache(maxsize=64)
def _choices(group: str, listed: tuple[tuple[Path, tuple[File, ...]], ...]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    nested = [other for other in CHOICE_GROUPS if other.startswith(f"{group}/")]
    for folder, files in listed:
        for path in (file.path for file in files):
            name = path.relative_to(folder / group).with_suffix("").as_posix()
            if any(f"{group}/{name}".startswith(f"{other}/") for other in nested):
                continue
            if not name.isprintable():
                raise ConfigError(message(ascii(str(path))[1:-1], "no name that can be typed"))
            if name in found:
                raise ConfigError(
                    message(
                        str(path),
                        f"{found[name]} is already {group}={name}",
                        "give the file another name",
                    )
                )
            found[name] = path
    return found


def without(group: str, config_dirs: Sequence[Path]) -> list[str]:
    """Say of each of the user's folders that has files, but not where choices stand, what it lacks.

    One that was named a level too deep is such a folder.
    """
    wanting = [
        folder
        for folder in config_dirs
        if not (folder / group).is_dir() and any(folder.glob("*.yaml"))
    ]
    return [f"there is no {group}/ in {folder}" for folder in wanting]


def display(path: Path) -> str:
    """Shorten a file's name for messages: relative for the project's own, else in full."""
    return path.relative_to(CONF.parent).as_posix() if path.is_relative_to(CONF) else str(path)


def load_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file whose top level is a mapping, as Hydra reads it.

    Cached until the file changes; callers do not change what they get.
    """
    return made_once((load_yaml, path), lambda: _loaded_now(path))


def _loaded_now(path: Path) -> dict[str, Any]:
    try:
        state = path.stat()
    except OSError as error:
        raise unreadable(path, error) from None
    return _loaded(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=512)
def _loaded(path: Path, modified: int, size: int) -> dict[str, Any]:
    # Here, because names of files alone are asked for between two keys of a shell's user.
    from omegaconf.errors import OmegaConfBaseException

    check_size(path, display(path))
    try:
        content = parsed(path)
    except (yaml.YAMLError, OmegaConfBaseException, OSError, UnicodeError) as error:
        raise unreadable(path, error) from None
    if not isinstance(content, dict):
        raise ConfigError(message(display(path), "the file is not a mapping of keys to values"))
    return {str(key): value for key, value in content.items()}


def unreadable(path: Path, error: Exception) -> ConfigError:
    """Put into words why a file cannot be read."""
    if isinstance(error, OSError):
        return FileError(message(display(path), f"cannot be read: {error.strerror or error}"))
    mark = getattr(error, "problem_mark", None)
    where = display(path) + (f", line {mark.line + 1}" if mark is not None else "")
    reason = getattr(error, "problem", None) or str(error).splitlines()[0]
    return ConfigError(message(where, f"not valid YAML: {reason}"))
