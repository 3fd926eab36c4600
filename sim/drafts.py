"""Files that are written whole or not at all.

A draft stands in the folder of its file, under a name that no reader of results takes for one, and
is renamed when it and those written with it are complete. However the writing ends, but for a
power cut or SIGKILL, no draft is left.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sim import interruption
from sim.config.errors import ConfigError, FileError, message

PREFIX, SUFFIX = ".corescale-", ".tmp"


@contextmanager
def drafts(targets: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield a draft for each target, all in one folder; at the end they take the targets' names.

    Raises:
        OSError: if one cannot be made, written or renamed; it names the first target.
    """
    with interruption.undone():
        yield from _drafts(targets)


def _drafts(targets: Sequence[Path]) -> Iterator[list[Path]]:
    folder = targets[0].parent
    mask = os.umask(0)
    os.umask(mask)
    names: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for _ in targets:
            handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=SUFFIX, dir=folder)
            names.append(Path(name))
            os.fchmod(handle, 0o666 & ~mask)
            os.close(handle)
        yield names
        for draft, target in zip(names, targets, strict=True):
            os.replace(draft, target)
    except OSError as error:
        error.filename, error.filename2 = str(targets[0]), None
        raise
    finally:
        for draft in names:
            draft.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write one text file, in UTF-8.

    Raises:
        OSError: if it cannot be written.
    """
    with drafts([path]) as (draft,):
        draft.write_text(text, encoding="utf-8")


def check_writable(targets: Sequence[Path], origin: str) -> None:
    """Check that files of one folder can be written, in it or in what it will be made in.

    Raises:
        ConfigError: if one is a folder, or has a name that no file can have; or the folder is none.
        FileError: if the system refuses a name, or to write there.
    """
    with refused(origin):
        for target in targets:
            if target.is_dir():
                raise ConfigError(message(origin, f"{target} is a folder"))
            if "\0" in target.name:
                raise ConfigError(
                    message(ascii(origin)[1:-1], "no file has a zero byte in its name")
                )
        folder = targets[0].absolute().parent
        while not folder.exists():
            if folder.is_symlink():
                raise ConfigError(message(origin, f"{folder} is a link to nothing"))
            folder = folder.parent
        if not folder.is_dir():
            raise ConfigError(message(origin, f"{folder} is not a folder"))
        for target in targets:
            for part in target.absolute().relative_to(folder).parts:
                (folder / part).exists()  # refused where no name may be so long
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise FileError(
                message(origin, f"{folder} cannot be written: {error.strerror or error}")
            ) from None


@contextmanager
def refused(origin: str) -> Iterator[None]:
    """Say what the system refuses as an error of the word that named the file.

    Raises:
        FileError: in place of the system's error.
    """
    try:
        yield
    except OSError as error:
        raise FileError(message(origin, f"cannot be written: {error.strerror or error}")) from None
