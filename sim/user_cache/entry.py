"""A file of the cache: a line with the sha256 of what follows it, and that.

A file is believed if its digest is right and nobody else can have written it. The digest finds
what a full disk, a power failure or a flipped bit has damaged; it is no protection from people,
for they can compute one as well. The owner of the open file is.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from sim.user_cache.place import WRITABLE_BY_OTHERS, check_owner, make

FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
DRAFT = ".draft-"
"""How the names of files begin that are being written."""


class DamagedError(Exception):
    """A file that is not to be believed; `str` says which, and why."""


def read(path: Path) -> bytes | None:
    """Read what a file holds; None where there is no file.

    Raises:
        DamagedError: it is damaged, or somebody else may have written it.
    """
    try:
        descriptor = os.open(path, FILE)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DamagedError(f"{path}: {error.strerror}") from None
    try:
        found = os.fstat(descriptor)
        check_owner(found)
        if not stat.S_ISREG(found.st_mode) or found.st_mode & WRITABLE_BY_OTHERS:
            raise DamagedError(f"{path} is not a file that its owner alone can write")
        with open(descriptor, "rb", closefd=False) as file:
            digest, _, content = file.read().partition(b"\n")
    except OSError as error:
        raise DamagedError(f"{path}: {error.strerror}") from None
    finally:
        os.close(descriptor)
    if digest != _digest(content):
        raise DamagedError(f"{path} is damaged")
    return content


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all, for this user alone.

    Raises:
        OSError: it cannot be written.
    """
    make(path.parent)
    descriptor, draft = tempfile.mkstemp(prefix=DRAFT, dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(_digest(content) + b"\n" + content)
        os.replace(draft, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
