"""`manifest.json`: what the files of a folder were made from, and the digest of each of them.

Whether such files are still what a clean run would give is then read off the files themselves,
whatever Snakemake remembers of them, and wherever they were copied from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from analysis.read.tidy import ResultsError, read_json

FILE = "manifest.json"


def digest(parts: Iterable[str | bytes]) -> str:
    """One sha256 over texts or bytes, each with its length."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()


def content(folder: Path, parts: Sequence[str] = (".",)) -> dict[str, str]:
    """Digests of the files in some parts of a folder, the manifest and hidden files left out.

    Parameters
    ----------
    folder : names are relative to it
    parts : files and folders in it
    """
    found = [folder / part for part in parts]
    files = [path for path in found if path.is_file()]
    files += [path for place in found if place.is_dir() for path in place.rglob("*")]
    names = sorted({path.relative_to(folder).as_posix(): path for path in files}.items())
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in names
        if path.is_file() and name != FILE and not path.name.startswith(".")
    }


def text(folder: Path, made_from: str, parts: Sequence[str] = (".",)) -> str:
    """The manifest of what lies in some parts of a folder."""
    return _text({"made_from": made_from, "sha256": content(folder, parts)})


def _text(manifest: object) -> str:
    return json.dumps(manifest, indent=2) + "\n"


def made_from(folder: Path) -> str:
    """Digest of what a folder's files were made from; empty where its manifest does not say."""
    try:
        return str(read_json(folder / FILE)["made_from"])
    except (ResultsError, OSError, KeyError, TypeError):
        return ""


def problem(folder: Path, made_from: str, parts: Sequence[str] = (".",)) -> str:
    """Say what is wrong with a folder, if its files are not what they should be; else nothing.

    Parameters
    ----------
    made_from : digest of what they should be made from
    parts : files and folders that the manifest covers
    """
    try:
        written = read_json(folder / FILE)
        source, digests = written["made_from"], dict(written["sha256"])
    except (ResultsError, OSError, KeyError, TypeError, ValueError):
        return "missing, or left half done"
    if (folder / FILE).read_text(encoding="utf-8") != _text(written):
        return f"{FILE} changed since it was written"
    found = content(folder, parts)
    for name in sorted(digests.keys() | found.keys()):
        if name not in found:
            return f"{name} is missing"
        if name not in digests:
            return f"{name} does not belong there"
        if digests[name] != found[name]:
            return f"{name} changed since it was written"
    return "" if source == made_from else "made from other results, settings or sources"
