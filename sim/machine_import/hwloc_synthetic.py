"""hwloc's synthetic descriptions, such as `pack:2 numa:1 l3:2(size=16MiB) core:4 pu:2`.

Each word is a type of object, how many of them there are in each object of the word before, and
attributes; of these the sizes of caches are read. CPUs are numbered in their order.
"""

from __future__ import annotations

import re

from sim.config.errors import ConfigError, message, show, suggestion
from sim.machine_import.described import MOST_CPUS, Described, Thing, describe
from sim.machine_import.text import plain

TYPES = {
    "machine": "other",
    "pack": "package",
    "package": "package",
    "socket": "package",
    "numa": "numa",
    "numanode": "numa",
    "node": "numa",
    "group": "other",
    "die": "other",
    "core": "core",
    "pu": "pu",
} | {f"l{i}{suffix}": f"l{i}" for i in range(1, 6) for suffix in ("", "u", "d", "cache")}
TYPES |= {f"l{i}i": "other" for i in range(1, 4)} | {f"l{i}icache": "other" for i in range(1, 4)}

WORD = re.compile(
    r"\s*(?:\[[^\[\]]*\]|([A-Za-z][A-Za-z0-9]*):([0-9]{1,6})(?:\(([^()]*)\))?)(?=\s|$)"
)
SIZE = re.compile(r"size=([0-9]{1,15})([kMGT]i?B|B)?", re.IGNORECASE)
UNITS = {"b": 1, "": 1} | {
    f"{letter}{i}b": (1024 if i else 1000) ** power
    for power, letter in enumerate("kmgt", start=1)
    for i in ("", "i")
}


def looks_synthetic(text: str) -> bool:
    """Whether a text is meant as a synthetic description, right or wrong."""
    return re.match(r"\s*[A-Za-z][A-Za-z0-9]*:[0-9]", text) is not None


def read_synthetic(text: str, origin: str) -> Described:
    """Read a machine's layout and caches.

    Raises:
        ConfigError: for anything else than a synthetic description.
    """
    levels = []
    position = 0
    text = text.strip()
    while position < len(text):
        word = WORD.match(text, position)
        if word is None:
            wrong = text[position:].split()[0]
            raise ConfigError(
                message(origin, f"{show(plain(wrong))} is not TYPE:NUMBER", "such as pack:2 core:4")
            )
        position = word.end()
        if word[1] is not None:
            levels.append(_level(word[1], word[2], word[3] or "", origin))
    if [kind for kind, _, _ in levels][-1:] != ["pu"]:
        raise ConfigError(message(origin, "the last word must say how many PUs", "such as pu:2"))
    total = 1
    for kind, count, _ in levels:
        total *= count
        if not 1 <= total <= MOST_CPUS:
            raise ConfigError(
                message(origin, f"{total} objects of type {kind}", f"allowed: 1 to {MOST_CPUS}")
            )
    tops = [Thing("other")]
    root = tops[0]
    for kind, count, cache_kib in levels:
        if kind == "numa" and count == 1:
            continue
        below = [[Thing(kind, None, cache_kib) for _ in range(count)] for _ in tops]
        for top, things in zip(tops, below, strict=True):
            top.children += things
        tops = [thing for things in below for thing in things]
    for number, thing in enumerate(tops):
        thing.number = number
    return describe(root, None, "assumed", origin)


def _level(name: str, count: str, attributes: str, origin: str) -> tuple[str, int, int | None]:
    """Read one word: kind, number, cache size in KiB."""
    kind = TYPES.get(name.lower())
    if kind is None:
        raise ConfigError(
            message(origin, f"{show(name)} is no type of object", suggestion(name.lower(), TYPES))
        )
    size = SIZE.search(attributes)
    if size is None:
        return kind, int(count), None
    return kind, int(count), int(size[1]) * UNITS[(size[2] or "").lower()] // 1024
