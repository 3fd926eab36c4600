"""hwloc's XML (`lstopo --of xml`), of version 2 and version 1.

Read with expat. Entities are refused, wherever they are declared, so that a small file cannot
become a large one, nor read another; the DTD that every such file names is not fetched.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from sim.config.errors import ConfigError, message, show
from sim.machine_import.described import CACHES, Described, Thing, describe
from sim.machine_import.text import plain, read_text

Floats = NDArray[np.float64]

DEEPEST = 100
KINDS = {"Package": "package", "Socket": "package", "NUMANode": "numa", "Core": "core", "PU": "pu"}
KINDS |= {f"L{i}Cache": f"l{i}" for i in range(1, 6)}
INSTRUCTIONS = "2"


def read_hwloc_xml(path: Path, origin: str) -> Described:
    """Read a machine's layout, caches and NUMA distances.

    Raises:
        ConfigError: if the file is no topology of hwloc.
    """
    reader = _Reader(origin)
    reader.read(read_text(path, origin))
    if reader.root is None:
        raise ConfigError(
            message(origin, "no topology of hwloc", "make one with: lstopo --of xml FILE.xml")
        )
    return describe(reader.root, reader.distance, "measured", origin)


class _Reader:
    """Builds the tree of objects while expat reads."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.root: Thing | None = None
        self.distance: Floats | None = None
        self._open: list[Thing | None] = []
        self._values: list[float] = []
        self._text: list[str] = []
        self._wanted = False

    def read(self, text: str) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.EntityDeclHandler = self._refuse_entity
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(text, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise ConfigError(
                message(f"{self.origin}: line {error.lineno}", f"not well-formed XML: {reason}")
            ) from None
        except ValueError as error:
            raise ConfigError(message(self.origin, f"not usable XML: {error}")) from None

    def _refuse_entity(self, name: str, *_: Any) -> None:
        raise ConfigError(
            message(
                self.origin,
                f"declares an entity, {show(plain(name))}",
                "files written by lstopo have none",
            )
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= DEEPEST:
            raise ConfigError(message(self.origin, f"more than {DEEPEST} elements deep"))
        if not self._open and name != "topology":
            raise ConfigError(
                message(
                    self.origin, f"the root element is {show(plain(name))}", "allowed: topology"
                )
            )
        thing = self._thing(attributes) if name == "object" else None
        if thing is not None:
            above = next((t for t in reversed(self._open) if t is not None), None)
            if above is not None:
                above.children.append(thing)
            elif self.root is None:
                self.root = thing
        if name in ("distances", "distances2"):
            self._values = []
            self._wanted = name == "distances" or attributes.get("name") == "NUMALatency"
        if name == "latency" and self._wanted:
            self._values.append(self._float(attributes.get("value", "")))
        self._text = []
        self._open.append(thing)

    def _characters(self, text: str) -> None:
        self._text.append(text)

    def _end(self, name: str) -> None:
        self._open.pop()
        if name == "u64values" and self._wanted:
            self._values += [self._float(item) for item in "".join(self._text).split()]
        if name in ("distances", "distances2") and self._wanted and self.distance is None:
            nodes = round(len(self._values) ** 0.5)
            if nodes > 1 and nodes**2 == len(self._values):
                table = np.array(self._values).reshape(nodes, nodes)
                self.distance = (table + table.T) / 2
        self._text = []

    def _thing(self, attributes: dict[str, str]) -> Thing:
        given = attributes.get("type", "")
        kind = KINDS.get(given, "other")
        if given == "Cache" and attributes.get("cache_type") != INSTRUCTIONS:
            kind = f"l{attributes.get('depth', '')}"
        number = attributes.get("os_index")
        size = attributes.get("cache_size")
        return Thing(
            kind,
            None if number is None or kind != "pu" else self._integer(number),
            None if size is None or kind not in CACHES else self._integer(size) // 1024,
        )

    def _integer(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise ConfigError(message(self.origin, f"{show(plain(text))} is not a whole number"))
        return int(text)

    def _float(self, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        if not 0 < value < 1e9:
            raise ConfigError(message(self.origin, f"{show(plain(text))} is not a distance"))
        return value
