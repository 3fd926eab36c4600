"""A measured machine as a file for `hardware=`: what was measured, and the rest as on import.

Layout and cache sizes are the kernel's. Moving a line costs what pairs of cores measured, as when a
matrix of latencies is imported. The clock, the latencies of caches, a locked instruction and memory
are measured. How long a line stays busy is scaled, until `machine compare` has fitted it.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from sim.config.sources import numeric_leaves, source_of
from sim.config.validation import validate
from sim.machine.settings.hardware import DirectoryCoherence, Hardware
from sim.machine_import import transfers
from sim.machine_import.agreement import agreement
from sim.machine_import.document import document, shape
from sim.machine_import.imported import Imported
from sim.machine_import.layout import numbers
from sim.machine_import.links import complete, links_between
from sim.machine_import.request import Request
from sim.machine_import.unmeasured import reference_machine, unmeasured
from sim.measure.box import Box
from sim.measure.plan import Point
from sim.measure.records import Record
from sim.measure.spread import Spread
from sim.settings import Source

Floats = NDArray[np.float64]
PAGE, LINE = 4096, 64
WIDTH = 98
SECTIONS = ("coherence", "memory", "scheduling", "messaging", "interrupts")
"""Of a file, with a line for each number."""


@dataclass(frozen=True)
class Measured:
    """Everything that a machine's file is made from.

    Attributes:
        name: of the machine.
        box: its CPUs.
        latencies: of one message between CPUs in ns: float[cpus, cpus], NaN where not measured;
            None where there is one core.
        curves: the points.
        origin: what names the measurement, in sources.
    """

    name: str
    box: Box
    latencies: Floats | None
    curves: Sequence[Record]
    origin: str

    def value(self, series: str, cores: int | None = None) -> float | None:
        """A series' value at a core count, by default at its largest; None if not measured."""
        found = {r.cores: r.value for r in self.curves if r.series == series}
        if not found:
            return None
        return found.get(max(found) if cores is None else cores)

    @property
    def clock_ghz(self) -> float | None:
        """Clock of a core while all are at work, rounded."""
        records = [r for r in self.curves if r.series == "clock"]
        if not records:
            return None
        last = max(records, key=lambda r: r.cores)
        return min(max(round(1000 / last.value, 2), 0.1), 20.0)


def latency_matrix(points: Sequence[Point], known: Mapping[str, Spread]) -> Floats | None:
    """Latencies of pairs, by CPU; None without any."""
    found = {
        point.cpus: known[point.key].value
        for point in points
        if point.series.name in ("pair", "siblings") and point.key in known
    }
    if not any(point.series.name == "pair" and point.key in known for point in points):
        return None
    size = 1 + max(cpu for point in points for cpu in point.cpus)
    matrix = np.full((size, size), np.nan)
    for (a, b), value in found.items():
        matrix[a, b] = matrix[b, a] = value
    return matrix


def machine_file(measured: Measured) -> tuple[str, Hardware]:
    """Write the file, and read it back: (text, machine)."""
    assumed, reference = unmeasured(), reference_machine()
    imported = _imported(measured, reference)
    request = Request(source=measured.origin, name=measured.name)
    text, _ = document(request, imported, assumed, reference)
    values: dict[str, Any] = yaml.safe_load(text)
    for key, value, source in _numbers(measured, imported, assumed.caches.l1.latency_cycles):
        *path, leaf = key.split(".")
        section = values
        for part in path:
            section = section[part]
        section[leaf] = value
        values["sources"][key] = source.model_dump(exclude_defaults=True)
    sources = values.pop("sources")
    body = _yaml(values) + "\nsources:\n" + textwrap.indent(_yaml(sources), "  ")
    machine = validate(Hardware, yaml.safe_load(body), lambda key: f"{measured.origin}: {key}")
    assert all(source_of(machine.sources, leaf) for leaf in numeric_leaves(machine))
    return f"{_header(measured, imported, machine)}\n{body}", machine


def _yaml(values: Mapping[str, Any]) -> str:
    """YAML in the style of conf/: what is small on one line."""
    return "".join(
        yaml.safe_dump(
            {key: value},
            sort_keys=False,
            default_flow_style=None if _is_small(key, value) else False,
            width=10_000,
            allow_unicode=True,
        )
        for key, value in values.items()
    )


def _is_small(key: str, value: Any) -> bool:
    """Whether the mappings inside a section stand on one line each."""
    return isinstance(value, Mapping) and key not in SECTIONS


def _imported(measured: Measured, reference: Hardware) -> Imported:
    """The measurement as what an import would have read."""
    box, layout = measured.box, measured.box.layout
    clock = measured.clock_ghz or unmeasured().clock_ghz
    told = Source(kind="measured", where=f"{measured.origin}: /sys of the machine")
    if measured.latencies is None:
        links = links_between(box.distance) if box.distance is not None else None
        packages = len(layout.packages)
        links = links or complete(packages, "one package" if packages == 1 else "every two joined")
        costs = transfers.as_on(reference, layout, clock)
    else:
        links = transfers.links_of(measured.latencies, layout)
        costs = transfers.measured(
            measured.latencies,
            layout,
            links,
            clock,
            _locked(measured, clock, unmeasured().caches.l1.latency_cycles),
            measured.origin,
        )
    clock_source = Source(
        kind="measured" if measured.clock_ghz else "assumed",
        where=f"{measured.origin}: dependent operations, all cores at work",
    )
    sizes = {level: max(kib, 1) for level, kib in box.caches_kib.items()}
    if "l2" in sizes:
        sizes.setdefault("l3", sizes["l2"])
    return Imported(
        layout, told, links, sizes, told, clock, clock_source, costs, measured.origin,
        measured.latencies,
    )  # fmt: skip


def _locked(measured: Measured, clock: float, l1_cycles: int) -> int:
    """Cycles of a locked instruction: what an atomic addition takes on a line of the core's own."""
    alone = measured.value("line_atomic", 1)
    if alone is None:
        locked: int = reference_machine().coherence.locked_instruction_cycles
        return locked
    return max(0, round(clock * 1e9 / alone) - _l1(measured, clock, l1_cycles))


def _l1(measured: Measured, clock: float, otherwise: int) -> int:
    found = measured.value("cache_l1")
    return otherwise if found is None else round(clock * 1e9 / found)


def _numbers(
    measured: Measured, imported: Imported, l1_cycles: int
) -> list[tuple[str, int | float, Source]]:
    """Numbers that were measured, in the place of those that an import assumes."""
    clock, origin = imported.clock_ghz, measured.origin
    found: list[tuple[str, int | float, Source]] = []

    def add(key: str, value: int | float, kind: Any, where: str) -> None:
        found.append((key, value, Source(kind=kind, where=f"{origin}: {where}")))

    for level in ("l1", "l2", "l3"):
        rate = measured.value(f"cache_{level}")
        if rate is not None:
            cycles = max(1, round(clock * 1e9 / rate))
            add(
                f"caches.{level}.latency_cycles",
                cycles,
                "measured",
                "dependent loads, a third full",
            )
    alone = measured.value("line_atomic", 1)
    if alone is not None:
        locked = _locked(measured, clock, l1_cycles)
        l1 = _l1(measured, clock, l1_cycles)
        where = f"an atomic addition in {clock * 1e9 / alone:.1f} cycles, less an L1 hit of {l1}"
        add("coherence.locked_instruction_cycles", locked, "derived", where)
    own = min(measured.box.nodes)
    rate = measured.value(f"memory_latency_node{own}")
    if rate is not None:
        add("memory.latency_cycles", round(clock * 1e9 / rate), "measured", "dependent loads")
    found += _bandwidths(measured)
    return found


def _bandwidths(measured: Measured) -> list[tuple[str, int | float, Source]]:
    """What memory delivers: to one core, and of a node to all of its cores."""
    found: list[tuple[str, int | float, Source]] = []

    def add(key: str, pages: float, where: str) -> None:
        value = min(max(round(pages * PAGE / 1e9, 3), 0.01), 10_000.0)
        source = Source(kind="measured", where=f"{measured.origin}: {where}")
        found.append((f"memory.{key}", value, source))

    one, written = measured.value("memory_bandwidth", 1), measured.value("memory_write", 1)
    if one is not None:
        add("core_read_gb_s", one, "one core reads a stream")
        found += _misses(measured, one)
    if written is not None:
        add("core_write_gb_s", written, "one core writes a stream")
    rates = [r.value for r in measured.curves if r.series == "memory_bandwidth"]
    dies = len(measured.box.layout.packages) * measured.box.layout.dies_per_package
    if rates:
        most = max(rates)
        where = "all cores read streams" + (f", by {dies} nodes" if dies > 1 else "")
        add("bandwidth_gb_s", max(most / dies, one or 0.0), where)
    return found


def _misses(measured: Measured, pages: float) -> list[tuple[str, int | float, Source]]:
    """Misses that a core has under way, to read so many pages per second (Little's law)."""
    rate = measured.value(f"memory_latency_node{min(measured.box.nodes)}")
    if rate is None:
        return []
    count = min(max(math.ceil(pages * PAGE / LINE / rate), 1), 1000)
    where = (
        f"{measured.origin}: as one core's stream needs, {pages * PAGE / 1e9:.1f} GB/s x "
        f"{1e9 / rate:.0f} ns / {LINE} bytes"
    )
    return [("memory.outstanding_misses", count, Source(kind="derived", where=where))]


def _header(measured: Measured, imported: Imported, machine: Hardware) -> str:
    """Say what the machine is, and what of it was not measured."""
    layout = imported.layout
    parts = [*imported.transfers.remarks, *measured.box.remarks]
    parts.append(f"CPU numbers of the cores, in the model's order: {numbers(layout.cores)}.")
    if layout.threads_per_core > 1:
        parts.append(
            f"Cores with {layout.threads_per_core} hardware threads count once, and were measured "
            "on their first one."
        )
    if layout.left_out:
        parts.append(
            f"Left out, because the model's dies are all alike: CPUs {numbers(layout.left_out)}."
        )
    if not isinstance(machine.coherence, DirectoryCoherence):  # an import writes no other
        raise TypeError(type(machine.coherence))
    fit = agreement(machine, imported.measured)
    if fit is not None:
        parts.append(f"The model's uncontended latency against the measured one: {fit}.")
    lines = [line for part in parts for line in textwrap.wrap(part, WIDTH, break_long_words=False)]
    first = [f"{shape(layout)}, measured: {measured.origin}", "Written by:"]
    first.append(f"  corescale machine measure -o {measured.name}")
    return "\n".join(f"# {line}" for line in [*first, *lines])
