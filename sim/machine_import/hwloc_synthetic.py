"""hwloc's synthetic descriptions, such as `pack:2 [numa] l3:2(size=16MiB) core:4 pu:2`.

Each word is a type of object, how many of them there are in each object of the word before, and
attributes. In brackets stand NUMA nodes, attached to each object of the word before (to the machine
if there is none). All types may be left out: hwloc's own guess is taken. Of the attributes,
`size=` of caches and `indexes=` (the operating system's numbers of CPUs and nodes) are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sim.config.errors import ConfigError, message, show, suggestion
from sim.machine_import.hwloc_objects import Thing, parts_of
from sim.machine_import.stated import MOST_CPUS, Stated, checked
from sim.machine_import.synthetic_indexes import Level, indexes
from sim.machine_import.text import plain

# Names, and the letters that are enough of each; longer ones may be cut anywhere after them.
TYPES = {
    "machine": ("machine", 2),
    "numanode": ("numa", 2),
    "node": ("numa", 2),
    "memcache": ("memory cache", 5),
    "package": ("package", 2),
    "socket": ("package", 2),
    "die": ("die", 2),
    "core": ("core", 2),
    "pu": ("pu", 2),
    "group": ("other", 2),
}
CACHE = re.compile(r"l([1-5])([ud]?)(?:cache)?")
INSTRUCTION_CACHE = re.compile(r"l[1-5]i(?:cache)?")
GROUP = re.compile(r"group[0-9]{1,3}")
# What hwloc takes where no word has a type, by the number of words; the node is attached to the
# level before which it stands.
GUESSED = {
    1: "pu",
    2: "other pu",
    3: "package other pu",
    4: "package other core pu",
    5: "package other l2 core pu",
    6: "package other l2 l1 core pu",
    7: "package other l3 l2 l1 core pu",
}

WORD = re.compile(
    r"\s*(?:\[\s*([^\[\]]*?)\s*\]|(?:([A-Za-z][A-Za-z0-9]*):)?([0-9]{1,6})(?:\(([^()]*)\))?"
    r"|\(([^()]*)\))(?:(?<=\])|(?=\s|\[|$))"
)
ATTACHED = re.compile(r"([A-Za-z][A-Za-z0-9]*)(?::([0-9]{1,3}))?\s*(?:\(([^()]*)\))?")
SIZE = re.compile(r"(?:^|\s)(?:size|cachesize)=([0-9]{1,15})\s?([kMGT]i?B|B)?", re.IGNORECASE)
INDEXES = re.compile(r"(?:^|\s)indexes=([^\s)]+)")
UNITS = {"b": 1, "": 1} | {
    f"{letter}{i}b": (1024 if i else 1000) ** power
    for power, letter in enumerate("kmgt", start=1)
    for i in ("", "i")
}


def looks_synthetic(text: str) -> bool:
    """Whether a text is meant as a synthetic description, right or wrong."""
    return (
        re.match(
            r"\s*(?:[\[(].*)?[A-Za-z][A-Za-z0-9]*:[0-9]|\s*[0-9]{1,6}(?:\s+[0-9]{1,6})*\s*$", text
        )
        is not None
    )


@dataclass
class _Words:
    """The words of a description: levels, and what is attached to which of them (-1: machine)."""

    levels: list[Level] = field(default_factory=list)
    attached: list[tuple[int, str, int, str]] = field(default_factory=list)


def read_synthetic(text: str, origin: str) -> Stated:
    """Read a machine's groups of CPUs and caches.

    Raises:
        ConfigError: for anything else than a synthetic description.
    """
    words = _words(text, origin)
    levels = words.levels
    if [level.kind for level in levels][-1:] != ["pu"]:
        raise ConfigError(message(origin, "the last word must say how many PUs", "such as pu:2"))
    total = 1
    for level in levels:
        total *= level.count
        if not 1 <= total <= MOST_CPUS:
            raise ConfigError(
                message(
                    origin, f"{total} objects of type {level.kind}", f"allowed: 1 to {MOST_CPUS}"
                )
            )
    root, remarks = _tree(words, origin)
    parts = parts_of(root)
    return checked(
        Stated(
            "assumed",
            parts.cores,
            parts.packages,
            parts.dies,
            parts.nodes,
            parts.caches,
            remarks=tuple(remarks),
            numbered=any("indexes=" in level.attributes for level in levels),
        ),
        origin,
    )


def _words(text: str, origin: str) -> _Words:
    """Take a description apart."""
    found = _Words()
    typed: set[bool] = set()
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
            found.attached.append((len(found.levels) - 1, *_attached(word[1], origin)))
        elif word[3] is not None:
            typed.add(word[2] is not None)
            kind = "" if word[2] is None else _kind(word[2], origin)
            found.levels.append(Level(kind, int(word[3]), word[4] or ""))
    if typed == {False}:
        _guess(found, origin)
    elif False in typed:
        # hwloc takes a last number without a type for that of the PUs, and no other.
        for level in found.levels[:-1]:
            if not level.kind:
                raise ConfigError(
                    message(
                        origin,
                        f"'{level.count}' has no type, and others have one",
                        "such as pack:2 core:4 pu:2",
                    )
                )
        found.levels[-1].kind = "pu"
    return found


def _guess(words: _Words, origin: str) -> None:
    """Give levels the types that hwloc gives them where none is named."""
    kinds = GUESSED.get(len(words.levels))
    if kinds is None:
        raise ConfigError(
            message(
                origin,
                f"{len(words.levels)} numbers without types",
                f"allowed: up to {max(GUESSED)}, or types such as pack:2 core:4 pu:2",
            )
        )
    for level, kind in zip(words.levels, kinds.split(), strict=True):
        level.kind = kind


def _attached(text: str, origin: str) -> tuple[str, int, str]:
    """Read what stands in brackets: kind, number, attributes."""
    found = ATTACHED.fullmatch(text)
    if found is None:
        raise ConfigError(
            message(
                origin, f"{show(plain(f'[{text}]'))} is no memory", "such as [numa(memory=1GB)]"
            )
        )
    return _kind(found[1], origin), int(found[2] or 1), found[3] or ""


def _kind(name: str, origin: str) -> str:
    """Find the type that a word names, as hwloc does: by its first letters."""
    lower = name.lower()
    cache = CACHE.fullmatch(lower)
    if cache is not None:
        return f"l{cache[1]}"
    if INSTRUCTION_CACHE.fullmatch(lower) or GROUP.fullmatch(lower):
        return "other"
    for full, (kind, least) in TYPES.items():
        if len(lower) >= least and full.startswith(lower):
            return kind
    names = [*TYPES, "l1d", "l2", "l3"]
    raise ConfigError(
        message(origin, f"{show(name)} is no type of object", suggestion(lower, names))
    )


def _tree(words: _Words, origin: str) -> tuple[Thing, list[str]]:
    """Build the objects: (root, remarks)."""
    root = Thing("machine")
    tops, remarks = [root], _attach([root], -1, words, origin)
    for number, level in enumerate(words.levels):
        kib = _kib(level.attributes)
        below = [[Thing(level.kind, None, kib) for _ in range(level.count)] for _ in tops]
        for top, things in zip(tops, below, strict=True):
            top.children += things
        tops = [thing for things in below for thing in things]
        if level.kind in ("pu", "numa"):
            _number(tops, level.attributes, words.levels[: number + 1], origin)
        if level.kind == "memory cache" or "memorysidecachesize=" in level.attributes.lower():
            remarks.append("A cache of memory is not represented.")
        remarks += _attach(tops, number, words, origin)
    return root, remarks


def _attach(tops: list[Thing], place: int, words: _Words, origin: str) -> list[str]:
    """Attach memory to each object of a level."""
    remarks = []
    for where, kind, count, attributes in words.attached:
        if where != place:
            continue
        if kind == "memory cache" or "memorysidecachesize=" in attributes.lower():
            remarks.append("A cache of memory is not represented.")
        if kind != "numa":
            continue
        nodes = [Thing("numa") for _ in range(count * len(tops))]
        above = words.levels[: place + 1]
        one_kind = sum(k == "numa" for _, k, _, _ in words.attached) == 1
        if one_kind:
            _number(nodes, attributes, [*above, Level("numa", count)], origin)
        for i, top in enumerate(tops):
            top.children += nodes[i * count : (i + 1) * count]
    return remarks


def _number(things: list[Thing], attributes: str, levels: list[Level], origin: str) -> None:
    """Give objects the operating system's numbers: stated ones, else their order."""
    stated = INDEXES.search(attributes)
    given = range(len(things)) if stated is None else indexes(stated[1], levels, _kind, origin)
    for thing, number in zip(things, given, strict=True):
        thing.number = number


def _kib(attributes: str) -> int | None:
    """Read a cache's size in KiB."""
    size = SIZE.search(attributes)
    if size is None:
        return None
    return int(size[1]) * UNITS[(size[2] or "").lower()] // 1024 or None
