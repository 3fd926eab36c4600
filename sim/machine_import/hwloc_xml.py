"""hwloc's XML (`lstopo --of xml`), of versions 1 to 3.

Read with expat. Entities are refused, wherever they are declared, so that a small file cannot
become a large one, nor read another; the DTD that every such file names is not fetched. What the
model has no use for (devices, bandwidths, distances of other objects) is passed over unread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np

from sim.config.errors import ConfigError, message, show
from sim.machine_import.cpu_lists import cpu_mask
from sim.machine_import.hwloc_objects import CACHES, Thing, parts_of
from sim.machine_import.stated import Clock, Distances, Stated, base_clock_in, checked
from sim.machine_import.text import plain, read_text

DEEPEST = 100
KINDS = {
    "System": "other",
    "Machine": "machine",
    "Package": "package",
    "Socket": "package",
    "Die": "die",
    "NUMANode": "numa",
    "MemCache": "memory cache",
    "Core": "core",
    "PU": "pu",
}
KINDS |= {f"L{i}Cache": f"l{i}" for i in range(1, 6)}
INSTRUCTIONS = "2"
# Bits of a distance matrix' kind in hwloc.
LATENCY, BANDWIDTH = 4, 8


def read_hwloc_xml(path: Path, origin: str) -> Stated:
    """Read the groups of CPUs, caches, NUMA distances and clocks of a machine.

    Raises:
        ConfigError: if the file is no topology of hwloc.
    """
    reader = _Reader(origin)
    reader.read(read_text(path, origin))
    if reader.root is None:
        raise ConfigError(
            message(origin, "no topology of hwloc", "make one with: lstopo --of xml FILE.xml")
        )
    machines = [thing for thing, _ in reader.root.walk() if thing.kind == "machine"]
    if len(machines) > 1:
        raise ConfigError(
            message(
                origin,
                f"describes {len(machines)} machines joined into one system",
                "import one machine: lstopo --of xml FILE.xml on it",
            )
        )
    parts = parts_of(reader.root)
    distances, remarks = reader.numa_distances(tuple(node.number for node in parts.nodes))
    if any(thing.kind == "memory cache" for thing, _ in reader.root.walk()):
        remarks += ("A cache of memory is not represented.",)
    stated = Stated(
        "measured",
        parts.cores,
        parts.packages,
        parts.dies,
        parts.nodes,
        parts.caches,
        distances,
        tuple(reader.clocks),
        reader.fastest_mhz,
        remarks,
    )
    return checked(stated, origin)


@dataclass
class _Matrix:
    """A matrix of distances while it is read."""

    attributes: dict[str, str]
    depth: int
    values: list[str] = field(default_factory=list)
    indexes: list[str] = field(default_factory=list)


class _Reader:
    """Builds the tree of objects while expat reads."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.root: Thing | None = None
        self.clocks: list[Clock] = []
        self.fastest_mhz: float | None = None
        self._matrices: list[_Matrix] = []
        self._matrix: _Matrix | None = None
        self._numa_depths: set[int] = set()
        self._open: list[Thing | None] = []
        self._kind_cpus: str | None = None
        self._text: list[str] = []

    def read(self, text: str) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.EntityDeclHandler = self._refuse_entity
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        try:
            parser.Parse(text, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise ConfigError(
                message(f"{self.origin}: line {error.lineno}", f"not well-formed XML: {reason}")
            ) from None
        except ValueError as error:
            raise ConfigError(message(self.origin, f"not usable XML: {error}")) from None

    def numa_distances(self, numbers: tuple[int, ...]) -> tuple[Distances | None, tuple[str, ...]]:
        """Choose the matrix of latencies between NUMA nodes, and say which ones are not used."""
        remarks: list[str] = []
        for matrix in sorted(self._matrices, key=self._preference):
            name = matrix.attributes.get("name") or "without a name"
            reason = self._unusable(matrix, numbers)
            if reason is None:
                return _distances(matrix, numbers), ()
            if reason:
                remarks.append(f"Distances {plain(name)} are not used: {reason}.")
        return None, tuple(remarks)

    def _preference(self, matrix: _Matrix) -> tuple[bool, bool]:
        """Order matrices: hwloc's name for the firmware's, then those of the nodes' depth."""
        return matrix.attributes.get("name") != "NUMALatency", not self._at_nodes(matrix)

    def _at_nodes(self, matrix: _Matrix) -> bool:
        """Whether a matrix of version 1 is of the depth at which NUMA nodes are."""
        relative = matrix.attributes.get("relative_depth", "")
        return relative.isdigit() and matrix.depth + int(relative) in self._numa_depths

    def _unusable(self, matrix: _Matrix, numbers: tuple[int, ...]) -> str | None:
        """Say why a matrix is of no use; empty if it is of other objects, None if it is."""
        given = matrix.attributes
        if given.get("type", "NUMANode") != "NUMANode":
            return ""
        if "relative_depth" in given and not self._at_nodes(matrix):
            others = any(self._at_nodes(m) for m in self._matrices)
            if others or given.get("nbobjs") != str(len(numbers)):
                return ""
        kind = given.get("kind", "")
        if kind.isdigit() and int(kind) & BANDWIDTH and not int(kind) & LATENCY:
            return "they are bandwidths"
        nodes = round(len(matrix.values) ** 0.5)
        if nodes < 2 or nodes**2 != len(matrix.values):
            return f"{len(matrix.values)} values are no table"
        wrong = next((value for value in matrix.values if not _is_distance(value)), None)
        if wrong is not None:
            return f"{show(plain(wrong))} is not a distance"
        return None

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
        depth = sum(thing is not None for thing in self._open)
        thing = self._thing(attributes) if name == "object" else None
        if thing is not None:
            above = next((t for t in reversed(self._open) if t is not None), None)
            if above is not None:
                above.children.append(thing)
            elif self.root is None:
                self.root = thing
            if thing.kind == "numa":
                self._numa_depths.add(depth)
        elif name in ("distances", "distances2"):
            # A matrix of version 1 counts from the object that it stands in.
            self._matrix = _Matrix(attributes, depth - 1)
            self._matrices.append(self._matrix)
        elif name == "latency" and self._matrix is not None:
            self._matrix.values.append(attributes.get("value", ""))
        elif name == "cpukind":
            self._kind_cpus = attributes.get("cpuset")
        elif name == "info":
            self._info(attributes.get("name", ""), attributes.get("value", ""))
        self._text.clear()
        self._open.append(thing)

    def _end(self, name: str) -> None:
        self._open.pop()
        if self._matrix is not None and name in ("u64values", "indexes"):
            words = "".join(self._text).split()
            (self._matrix.values if name == "u64values" else self._matrix.indexes).extend(words)
        elif name in ("distances", "distances2"):
            self._matrix = None
        elif name == "cpukind":
            self._kind_cpus = None
        self._text.clear()

    def _info(self, name: str, value: str) -> None:
        """Take over clocks, and what a cache or a group of version 1 is."""
        holder = self._open[-1]
        if name == "Type" and value == "MemorySideCache" and holder is not None:
            holder.kind = "memory cache"
        elif name == "Type" and value == "Die" and holder is not None and holder.kind == "other":
            holder.kind = "die"
        elif name == "CPUModel":
            ghz = base_clock_in(value)
            if ghz is not None:
                self.clocks.append(Clock(ghz, f"CPUModel {plain(value.strip())}"))
        elif name in ("FrequencyBaseMHz", "FrequencyMaxMHz") and _is_distance(value):
            mhz = float(value)
            if name == "FrequencyMaxMHz":
                self.fastest_mhz = max(mhz, self.fastest_mhz or 0.0)
            elif 100 <= mhz <= 20_000:
                cpus = None if self._kind_cpus is None else cpu_mask(self._kind_cpus)
                # A kind's own clock goes before the one in the processor's name.
                self.clocks.insert(0, Clock(mhz / 1000, f"FrequencyBaseMHz {mhz:g}", cpus))

    def _thing(self, attributes: dict[str, str]) -> Thing:
        given = attributes.get("type", "")
        kind = KINDS.get(given, "other")
        if given == "Cache" and attributes.get("cache_type") != INSTRUCTIONS:
            kind = f"l{attributes.get('depth', '')}"
        number = attributes.get("os_index")
        size = attributes.get("cache_size")
        kib = None if size is None or kind not in CACHES else self._integer(size) // 1024
        return Thing(
            kind,
            None if number is None or kind not in ("pu", "numa") else self._integer(number),
            kib or None,
            cpu_mask(attributes.get("cpuset", "-")),
        )

    def _integer(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise ConfigError(message(self.origin, f"{show(plain(text))} is not a whole number"))
        return int(text)


def _is_distance(text: str) -> bool:
    try:
        return 0 < float(text) < 1e9
    except ValueError:
        return False


def _distances(matrix: _Matrix, numbers: tuple[int, ...]) -> Distances:
    """Put a matrix together: its nodes by number where it names them, else in document order."""
    nodes = round(len(matrix.values) ** 0.5)
    table = np.array([float(value) for value in matrix.values]).reshape(nodes, nodes)
    named = matrix.attributes.get("indexing", "os") == "os" and all(
        index.isdigit() and len(index) < 10 for index in matrix.indexes
    )
    if named and len(matrix.indexes) == nodes:
        return Distances(tuple(int(index) for index in matrix.indexes), table)
    return Distances(numbers[:nodes], table)
