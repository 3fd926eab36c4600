"""`cache`: where the user's cache is, what is in it, and an end to it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sim.config.errors import ConfigError, message
from sim.user_cache import contents
from sim.user_cache.contents import Version
from sim.user_cache.place import existing, place
from sim.version import compiled_version

CLEAR = "clear"
AGES = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
SIZES = ((1_000_000, "MB"), (1_000, "kB"))


def run(verb: str | None) -> None:
    """Show what is in the cache, or remove it."""
    print("\n".join(cleared() if verb == CLEAR else shown(time.time())))


def shown(now: float) -> Iterator[str]:
    """Say where caches are and what they hold, at a time in seconds since 1970."""
    found = place()
    yield f"{found.folder}: in use" if found.folder else "nothing is kept"
    for reason in found.refused:
        yield f"  because {reason}"
    if found.folder is not None:
        yield from _held(found.folder, now)
    for folder in existing():
        if folder != found.folder:
            yield f"{folder}: not in use"
            yield from _held(folder, now)


def _held(folder: Path, now: float) -> Iterator[str]:
    engines, earlier = contents.engines(folder), contents.earlier(folder)
    composed = contents.composed(folder)
    yield f"  {_count(len(engines), 'compiled engine')}, {_size(engines)}"
    for engine in engines:
        which = "of these sources" if engine.path.name == compiled_version() else "of others"
        yield f"    {engine.path.name} {which}, {_size([engine])}, {_age(engine, now)}"
    if earlier:
        yield f"  {_count(len(earlier), 'engine')} of earlier revisions, {_size(earlier)}"
    files = _count(sum(version.files for version in composed), "composition")
    yield f"  {files}, {_size(composed)}" + (f", {_age(composed[0], now)}" if composed else "")
    yield from _others(folder)


def cleared() -> Iterator[str]:
    """Remove what all caches of this user hold, and say what was freed.

    Raises:
        ConfigError: something of theirs could not be removed.
    """
    for folder in existing():
        before = contents.everything(folder)
        contents.clear(folder)
        after = contents.everything(folder)
        if after:
            raise ConfigError(message(f"cache {CLEAR}", f"{after[0].path} could not be removed"))
        yield f"{folder}: {_size(before)} freed"
        yield from _others(folder)
    for reason in place().refused:
        yield f"not used: {reason}"


def _others(folder: Path) -> Iterator[str]:
    for path in contents.unknown(folder):
        yield f"  {path.name}: not corescale's, left alone"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _size(versions: Sequence[Version]) -> str:
    total = sum(version.bytes for version in versions)
    unit, name = next((item for item in SIZES if total >= item[0]), (1, "bytes"))
    return f"{total / unit:.1f} {name}" if unit > 1 else f"{total} {name}"


def _age(version: Version, now: float) -> str:
    age = max(0.0, now - version.used)
    unit, name = next((item for item in AGES if age >= item[0]), (1, "second"))
    return f"used {_count(int(age / unit), name)} ago"
