"""What is in the user's cache: versions of compiled engines and of compositions, and their end.

    engines/VERSION/FUNCTION-KEY              machine code, by what it was compiled from
    composed/GROUP/VERSION/KEY.json           compositions, by the files they were made from
    scripts/VERSION/vega.js                   the charts' scripts, by the package that bundles them
    probes/                                   programs that measure a machine
    matplotlib/                               its list of fonts, where the user has no home

A version is a folder with files of one state of the sources. The newest few are kept.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sim.user_cache.place import opened

ENGINES = "engines"
COMPOSED = "composed"
SCRIPTS = "scripts"
PROBES = "probes"
MATPLOTLIB = "matplotlib"
SMALL = (SCRIPTS, PROBES, MATPLOTLIB)
OWN = (ENGINES, COMPOSED, *SMALL)
EARLIER = re.compile(r"[0-9a-f]{16}")
"""Folders of machine code as earlier revisions named them."""


@dataclass(frozen=True)
class Version:
    """A folder of files that were made from the same sources.

    Attributes:
        used: when a file was added to it or one was read, in seconds since 1970.
    """

    path: Path
    files: int
    bytes: int
    used: float


def engines(root: Path) -> list[Version]:
    """List the compiled engines, the latest used first."""
    return _versions(_folders(root / ENGINES))


def composed(root: Path) -> list[Version]:
    """List the versions of compositions, the latest first."""
    return _versions(version for group in _folders(root / COMPOSED) for version in _folders(group))


def earlier(root: Path) -> list[Version]:
    """List what earlier releases compiled."""
    return _versions(path for path in _folders(root) if EARLIER.fullmatch(path.name))


def everything(root: Path) -> list[Version]:
    """List all that the cache keeps."""
    small = [path for path in _folders(root) if path.name in SMALL]
    return engines(root) + earlier(root) + composed(root) + _versions(small)


def unknown(root: Path) -> list[Path]:
    """List what is in the cache's folder and not of the cache."""
    known = {*OWN, *(version.path.name for version in earlier(root))}
    with suppress(OSError):
        found = sorted(root.iterdir())
        return [path for path in found if path.name not in known or path.is_symlink()]
    return []


def keep_newest(count: int, root: Path, *below: str) -> None:
    """Remove all but the newest versions from a folder below the cache's."""
    found = _versions(_folders(root.joinpath(*below)))
    remove([version.path.name for version in found[count:]], root, *below)


def clear(root: Path) -> None:
    """Remove everything that the cache keeps, and nothing else."""
    remove([*OWN, *(version.path.name for version in earlier(root))], root)


def remove(names: Iterable[str], root: Path, *below: str) -> None:
    """Remove folders, as far as they are ours: no link is followed, to them or in them."""
    with suppress(OSError), opened(root, *below) as descriptor:
        for name in names:
            shutil.rmtree(name, ignore_errors=True, dir_fd=descriptor)


def _folders(folder: Path) -> list[Path]:
    with suppress(OSError), os.scandir(folder) as found:
        return [Path(item) for item in found if item.is_dir(follow_symlinks=False)]
    return []


def _versions(folders: Iterable[Path]) -> list[Version]:
    found = []
    for folder in folders:
        with suppress(OSError):  # gone meanwhile
            sizes = [path.lstat().st_size for path in folder.rglob("*") if path.is_file()]
            found.append(Version(folder, len(sizes), sum(sizes), folder.stat().st_mtime))
    return sorted(found, key=lambda version: (-version.used, version.path))
