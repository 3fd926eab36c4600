"""Where the user's cache is: a private folder, whose owner is checked.

The first of these that can be used:

1. `corescale` in $XDG_CACHE_HOME, or in ~/.cache;
2. `corescale-cache-UID` in the temporary folder, which all users share;
3. a folder there whose name begins so, made under a random name where somebody else has taken the
   plain one. It is found again by its owner, so there is one for each user.

Each must be a folder, not a link to one, and ours. Where it is ours, but others may write to it,
that permission is taken away. Whoever may write to the folder *around* it can still move ours away
and put another in its place, so `entry` looks at the owner of every file that it reads, too, and
what is deleted is reached through open folders (`opened`), never by its path alone.
"""

from __future__ import annotations

import errno
import os
import pwd
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

NAME = "corescale"
PRIVATE = 0o700
WRITABLE_BY_OTHERS = 0o022
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
DECIDED_BY = ("XDG_CACHE_HOME", "HOME", "TMPDIR", "TEMP", "TMP")
"""Environment variables."""


@dataclass(frozen=True)
class Place:
    """The folder in use, None where none can be; and why those before it are not, in words."""

    folder: Path | None
    refused: tuple[str, ...] = ()


def place() -> Place:
    """Locate the user's cache; its folder is made if there is none."""
    return _place(tuple(map(os.environ.get, DECIDED_BY)), os.geteuid())


def existing() -> list[Path]:
    """List every cache of this user's that is there, in use or not."""
    found = []
    for folder in _named([]):
        with suppress(OSError), opened(folder):
            found.append(folder)
    return found


@lru_cache(maxsize=8)
def _place(environment: tuple[str | None, ...], user: int) -> Place:
    refused: list[str] = []
    for folder in _candidates(refused):
        try:
            _secure(folder)
        except OSError as error:
            refused.append(f"{folder}: {error.strerror or error}")
        else:
            return Place(folder, tuple(refused))
    return Place(None, tuple(refused))


def _candidates(refused: list[str]) -> Iterator[Path]:
    """List folders, best first, the last a fresh one; why one cannot be named goes to `refused`."""
    yield from _named(refused)
    try:
        fresh = tempfile.mkdtemp(prefix=f"{_shared_name()}-")
    except OSError as error:
        refused.append(f"no temporary folder can be made: {error.strerror or error}")
    else:
        yield Path(fresh)


def _named(refused: list[str]) -> Iterator[Path]:
    """List the folders whose names are known, best first."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if base and not os.path.isabs(base):
        refused.append(f"XDG_CACHE_HOME={base}: not an absolute path")
    if not os.path.isabs(base):
        base = os.path.join(_home(), ".cache")
    if os.path.isabs(base):
        yield Path(base) / NAME
    else:
        refused.append(f"~/.cache: HOME is not set, and user {os.geteuid()} has no entry in passwd")
    try:
        shared = Path(tempfile.gettempdir())
    except OSError:
        return
    yield shared / _shared_name()
    with suppress(OSError):
        others = sorted(shared.glob(f"{_shared_name()}-*"))
        yield from (path for path in others if _is_ours(path.lstat()))


def _shared_name() -> str:
    return f"{NAME}-cache-{os.geteuid()}"


def _home() -> str:
    """Name the user's home folder; empty where nobody says."""
    try:
        return os.environ.get("HOME") or pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return ""


def _secure(folder: Path) -> None:
    """Make a folder where there is none, and see to it that nobody else can write to it.

    Raises:
        OSError: it cannot be examined, made or written, is a link, or belongs to somebody else.
    """
    try:
        found = folder.lstat()
    except FileNotFoundError:
        _check_around(folder)
        make(folder)
    else:
        check_owner(found)
        if stat.S_ISLNK(found.st_mode):
            raise OSError(errno.ELOOP, "is a symbolic link; name its target in XDG_CACHE_HOME")
    with opened(folder) as descriptor:
        if os.fstat(descriptor).st_mode & WRITABLE_BY_OTHERS:
            os.fchmod(descriptor, PRIVATE)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "cannot be written")


def _check_around(folder: Path) -> None:
    """Refuse to make a folder in another user's: root, say, whose HOME is still that of a user."""
    around = next(path for path in folder.parents if path.exists())
    found = around.stat()
    shared = bool(found.st_mode & stat.S_ISVTX)
    if found.st_uid not in (0, os.geteuid()) and not shared:
        raise PermissionError(errno.EPERM, f"{around} belongs to {user_name(found.st_uid)}")


def make(folder: Path) -> None:
    """Make a private folder, and those around it that are missing."""
    if not folder.is_dir():
        make(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(PRIVATE)


@contextmanager
def opened(folder: Path, *below: str) -> Iterator[int]:
    """Open a folder, or step by step one below it, as a descriptor.

    Raises:
        OSError: one of them is missing, is a link, or belongs to somebody else.
    """
    descriptor = os.open(folder, FOLDER)
    try:
        check_owner(os.fstat(descriptor))
        for name in below:
            inner = os.open(name, FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
            check_owner(os.fstat(descriptor))
        yield descriptor
    finally:
        os.close(descriptor)


def check_owner(found: os.stat_result) -> None:
    """Raise PermissionError unless what was found belongs to this process's user."""
    if not _is_ours(found):
        raise PermissionError(errno.EPERM, f"belongs to {user_name(found.st_uid)}")


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid()


def user_name(number: int) -> str:
    """Name a user, by number where there is no entry."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
