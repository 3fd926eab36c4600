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

PREFIX, SUFFIX = ".corescale-", ".tmp"


@contextmanager
def drafts(targets: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield a draft for each target, all in one folder; at the end they take the targets' names.

    Raises:
        OSError: if one cannot be made or renamed; the writer's own errors pass through.
    """
    folder = targets[0].parent
    folder.mkdir(parents=True, exist_ok=True)
    mask = os.umask(0)
    os.umask(mask)
    names: list[Path] = []
    try:
        for _ in targets:
            handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=SUFFIX, dir=folder)
            names.append(Path(name))
            os.fchmod(handle, 0o666 & ~mask)
            os.close(handle)
        yield names
        for draft, target in zip(names, targets, strict=True):
            os.replace(draft, target)
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
