"""YAML files that would grow when they are read: counted before anything is made of them.

An alias stands for a copy of what its anchor marks, and a copy may hold aliases itself, so a few
hundred bytes can stand for a billion nodes. The parser's events, one for each node as written, are
enough to count what they stand for, and how deep the nodes lie inside each other.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import yaml

from sim.config.errors import ConfigError, message

MOST_BYTES = 1 << 20
"""A file's size, which takes a minute to read; the project's own files are below 100 kB."""
MOST_NODES = 100_000
"""Nodes of a file with aliases, each alias counted as what it stands for."""
MOST_NESTED = 64
"""Lists and mappings inside each other; the project's own files have seven."""


def check_size(path: Path, name: str) -> None:
    """Refuse a file that stands for more than it should.

    Args:
        path: the file; one that cannot be read is left to whoever reads it.
        name: what it is called in a message.

    Raises:
        ConfigError: for too many bytes, nodes behind aliases, or nodes inside each other.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise ConfigError(
                message(name, f"a file of {size:,} bytes", f"allowed: at most {MOST_BYTES:,}")
            )
        text = path.read_text(encoding="utf-8")
        if not _is_suspicious(text):
            return
        nodes, depth = _measured_fast(text)
    except (OSError, UnicodeError, yaml.YAMLError):
        return
    if depth > MOST_NESTED:
        raise ConfigError(
            message(
                name,
                "lists and mappings inside each other",
                f"allowed: {MOST_NESTED} deep, not {depth:,}",
            )
        )
    if nodes > MOST_NODES:
        raise ConfigError(
            message(
                name,
                f"aliases make it stand for {nodes:,} values",
                f"allowed: at most {MOST_NODES:,}",
            )
        )


def _is_suspicious(text: str) -> bool:
    """Whether a text has anchors, or may have many brackets or indents inside each other."""
    return (
        "&" in text
        or min(text.count("["), text.count("]")) > MOST_NESTED
        or min(text.count("{"), text.count("}")) > MOST_NESTED
        or "\n" + " " * MOST_NESTED in text
        or text.count("- - ") > MOST_NESTED
    )


def _measured_fast(text: str) -> tuple[int, int]:
    """As `_measured`, by libyaml's parser, which is ten times as fast and refuses more."""
    if hasattr(yaml, "CSafeLoader"):
        with contextlib.suppress(yaml.YAMLError):
            return _measured(text, yaml.CSafeLoader)
    return _measured(text, yaml.SafeLoader)


def _measured(text: str, loader: Any) -> tuple[int, int]:
    """Count the nodes that a text stands for (0 without aliases), and the deepest one's depth."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    nodes = depth = 0
    aliased = False
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.AliasEvent):
            aliased = True
            nodes += sizes.get(event.anchor, 1)
        elif isinstance(event, yaml.ScalarEvent):
            nodes += 1
            if event.anchor is not None:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, nodes))
            nodes += 1
            depth = max(depth, len(open_nodes))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor is not None:
                sizes[anchor] = nodes - before
        if nodes > MOST_NODES**4:  # a number that has so many digits says no more
            break
    return nodes if aliased else 0, depth
