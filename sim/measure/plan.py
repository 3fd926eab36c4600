"""What is measured: series of points, each one probe with its arguments on some CPUs.

A series that the model can answer has the overrides of the run that does, with the same parameters
as the probe. The others are there for what they say by themselves.
"""

from __future__ import annotations

import platform
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

from sim.measure.box import Box

Value = Literal["per_second", "latency_ns"]
LOCKS = ("tas", "ttas", "ticket", "ticket_proportional", "mcs", "clh", "qspinlock", "cohort")
COUNTERS = ("shared", "sloppy", "per_core")
HOLD, THINK = 200, 1000
"""Cycles of a critical section, and on average between two: short, as in a kernel."""
LEAST_PERIOD_NS, PERIOD_NS_PER_CORE = 10_000, 600
"""All cores act once in a period: their transfers of the line fit, one after another."""
PROGRAMS = {"page_fault1": "faults", "malloc1": "allocations", "signal1": "signals"}
"""Of will-it-scale, and what one operation is."""
REGION_LOCKS = (6, 4)
"""The kernel whose page faults lock regions by themselves: what sets 6.12 apart from 5.10 here."""
MIB = 1 << 20
PIECE = 128 * MIB
"""That a task of will-it-scale maps at a time."""
MOST_COUNTS = 12
MOST_PAIRS = {True: 300, False: 2000}
"""Of CPUs that are measured, by whether the campaign is a quick one."""
LEAST_PAIRS = 3
"""Of every two packages."""


@dataclass(frozen=True)
class Series:
    """One curve.

    Attributes:
        name: as files and tables have it.
        probe: which program measures it.
        arguments: of the program, but for its CPUs.
        value: what counts: operations per second, or the latency of one.
        unit: of what is counted.
        overrides: of the run that answers it; empty: the model has no answer.
    """

    name: str
    probe: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    value: Value = "per_second"
    unit: str = "operations"
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Point:
    """A point of a series: the CPUs that take part, and the die of each where that matters."""

    series: Series
    cpus: tuple[int, ...]
    dies: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """What names the point."""
        return f"{self.series.name}@{','.join(map(str, self.cpus))}"

    @property
    def words(self) -> list[str]:
        """Arguments of the probe."""
        cpus = ",".join(map(str, self.cpus))
        dies = [f"dies={','.join(map(str, self.dies))}"] if self.dies else []
        return [f"cpus={cpus}", *dies, *(f"{k}={v}" for k, v in self.series.arguments.items())]


def core_counts(box: Box) -> list[int]:
    """Core counts of a curve: all up to four, then doubled, ends of dies and packages, and all."""
    layout = box.layout
    total = len(layout.cores)
    package = layout.dies_per_package * layout.cores_per_die
    doubled = [2**n for n in range(12)]
    ends = [layout.cores_per_die, package, package + 1, 2 * package]
    found = sorted({n for n in (*range(1, 5), *doubled, *ends, total) if n <= total})
    while len(found) > MOST_COUNTS:  # the one that is nearest to the one before it
        inner = found[1:-1]
        found.remove(min(inner, key=lambda n: n / found[found.index(n) - 1]))
    return found


def points(box: Box, quick: bool, available_bytes: int) -> list[Point]:
    """All points of a campaign, pairs first.

    Args:
        box: the CPUs.
        quick: whether few pairs have to do.
        available_bytes: memory that working sets may take.
    """
    found = list(_pairs(box, MOST_PAIRS[quick]))
    counts = core_counts(box)
    dies = tuple(int(die) for die in box.layout.die_of)
    for series in (*lines(len(box.cpus)), *locks(), *counters()):
        of = dies if series.probe == "lock" else ()
        found += [Point(series, box.cpus[:count], of[:count]) for count in counts]
    found += _programs(box, counts, available_bytes)
    found += [Point(clock(), box.cpus[:count]) for count in sorted({1, len(box.cpus)})]
    found += [Point(series, box.cpus[:1]) for series in cache_levels(box)]
    return found + list(_memory(box, counts, available_bytes))


def _programs(box: Box, counts: Sequence[int], available_bytes: int) -> Iterator[Point]:
    """Programs that the kernel works for, at the counts whose pages fit into memory."""
    for series in programs(kernel_like(platform.release())):
        touched = PIECE if series.name.startswith("scale_page_fault1") else 0
        yield from (Point(series, box.cpus[:n]) for n in counts if n * touched <= available_bytes)


def _pairs(box: Box, most: int) -> Iterator[Point]:
    """Pairs of cores, all or some of every two packages; and siblings of the first cores."""
    layout = box.layout
    numbers = range(len(layout.cores))
    by_place: dict[tuple[int, int, bool], list[tuple[int, int]]] = {}
    for a, b in combinations(numbers, 2):
        same_die = bool(layout.die_of[a] == layout.die_of[b])
        place = (int(layout.package_of[a]), int(layout.package_of[b]), same_die)
        by_place.setdefault(place, []).append((box.cpus[a], box.cpus[b]))
    share = max(LEAST_PAIRS, most // max(len(by_place), 1))
    for pairs in by_place.values():
        chosen = pairs if len(pairs) <= share else random.Random(1).sample(pairs, share)
        yield from (_pair("pair", a, b, a) for a, b in chosen)
    for core in layout.cores[:4]:
        if len(core) > 1:
            yield _pair("siblings", core[0], core[1], core[0])
    homes = list(box.nodes.values())
    if len(homes) > 1:  # where the word's page lies on neither core's node, or on the other's
        a, b = box.cpus[0], box.cpus[min(1, len(box.cpus) - 1)]
        if a != b:
            for node, home in box.nodes.items():
                yield _pair(f"pair_home_{node}", a, b, home)


def _pair(name: str, a: int, b: int, home: int) -> Point:
    series = Series(
        name, "pair_latency", {"home_cpu": str(home)}, value="latency_ns", unit="messages"
    )
    return Point(series, (a, b))


def clock() -> Series:
    """What a thousand cycles take: the clock of the cores at work."""
    return Series("clock", "clock", value="latency_ns", unit="kilocycles")


def lines(most_cores: int) -> list[Series]:
    """One line, written and read by all cores, at once or back to back."""
    paced = {"period_ns": str(max(LEAST_PERIOD_NS, PERIOD_NS_PER_CORE * most_cores))}
    found = []
    for mode in ("write", "read_after_write"):
        overrides = ("workload=micro/line_sharing", f"workload.mode={mode}")
        found.append(
            Series(
                f"line_{mode}",
                "line_sharing",
                {"mode": mode, **paced},
                "latency_ns",
                "accesses",
                (*overrides, "workload.period_cycles={period_cycles}"),
            )
        )
    again = ("workload=micro/line_sharing", "workload.mode=write", "workload.period_cycles=0")
    found.append(Series("line_atomic", "line_sharing", {"mode": "write"}, overrides=again))
    found.append(Series("line_store", "line_sharing", {"mode": "store"}))
    return found


def locks() -> list[Series]:
    """Spin locks, under the load of micro/lock."""
    times = {"hold_cycles": str(HOLD), "think_cycles": str(THINK), "proportional_cycles": str(HOLD)}
    return [_micro("lock", kind, times, "acquisitions") for kind in LOCKS]


def without_probe() -> list[str]:
    """Kinds of lock that micro/lock has and nothing here measures, a user's own among them."""
    from sim.sync.lock_kinds import OTHERS
    from sim.sync.spin_lock import KINDS

    return [kind for kind in (*KINDS, *OTHERS) if kind not in LOCKS]


def counters() -> list[Series]:
    """Counters, as micro/counter updates them."""
    given = {"think_cycles": str(THINK), "threshold": "8"}
    return [_micro("counter", kind, given, "updates") for kind in COUNTERS]


def _micro(what: str, kind: str, given: Mapping[str, str], unit: str) -> Series:
    """A kind of lock or counter, by the probe and the workload of its name."""
    arguments = {what: kind, **given}
    settings = (f"workload.{name}={value}" for name, value in arguments.items())
    run = (f"workload=micro/{what}", *settings)
    return Series(f"{what}_{kind}", what, arguments, unit=unit, overrides=run)


def programs(kernel: str) -> list[Series]:
    """Programs of will-it-scale, as threads of one process and as processes.

    Args:
        kernel: choice of the group `kernel` that is the most like the box's own.
    """
    return [
        Series(
            f"scale_{name}_{tasks}",
            "scale",
            {"program": name, "tasks": tasks, "bytes": str(PIECE)},
            unit=unit,
            overrides=(f"workload=scale/{name}", f"workload.tasks={tasks}", f"kernel={kernel}"),
        )
        for name, unit in PROGRAMS.items()
        for tasks in ("threads", "processes")
    ]


def kernel_like(release: str) -> str:
    """The kernel of the project that is the most like a release, such as 6.1.0-18-amd64."""
    found = re.match(r"([0-9]+)\.([0-9]+)", release)
    version = (int(found[1]), int(found[2])) if found else REGION_LOCKS
    return "linux_6_12" if version >= REGION_LOCKS else "linux_5_10"


def cache_levels(box: Box) -> list[Series]:
    """Dependent loads within each cache: a third of its size, so that they stay there."""
    return [
        Series(
            f"cache_{level}",
            "memory_scan",
            {"mode": "latency", "bytes": str(kib * 1024 // 3)},
            unit="loads",
        )
        for level, kib in box.caches_kib.items()
    ]


def _memory(box: Box, counts: Sequence[int], available_bytes: int) -> Iterator[Point]:
    """Streams from the cores' own memory, and loads and streams from each node's."""
    size = max(64 * MIB, 4 * 1024 * max(box.caches_kib.values(), default=0))
    fitting = [count for count in counts if count * size <= available_bytes]
    for mode in ("bandwidth", "write"):
        yield from (Point(_scan(mode, size, "", {}, -1), box.cpus[:count]) for count in fitting)
    for node, home in box.nodes.items() if fitting else ():
        place = {"home_cpu": str(home)}
        die = _die_of_node(box, home)
        yield Point(_scan("latency", size, f"_node{node}", place, die), box.cpus[:1])
        if len(box.nodes) > 1:
            for count in sorted({1, fitting[-1]}):
                yield Point(_scan("bandwidth", size, f"_node{node}", place, die), box.cpus[:count])


def _die_of_node(box: Box, home: int) -> int | None:
    """Die that the model has for a node, given its first CPU; None where the two do not match."""
    dies = len(box.layout.packages) * box.layout.dies_per_package
    if dies != len(box.nodes):
        return None
    for core, die in zip(box.layout.cores, box.layout.die_of, strict=True):
        if home in core:
            return int(die)
    return None


def _scan(mode: str, size: int, suffix: str, place: Mapping[str, str], node: int | None) -> Series:
    """A scan of working sets on a node, or on each core's own (-1)."""
    run = (
        "workload=micro/memory_scan",
        f"workload.mode={mode}",
        f"workload.bytes={size}",
        f"workload.home_node={node}",
    )
    return Series(
        f"memory_{mode}{suffix}",
        "memory_scan",
        {"mode": mode, "bytes": str(size), **place},
        unit="loads" if mode == "latency" else "pages",
        overrides=() if node is None else run,
    )


def all_series(found: Sequence[Point]) -> list[Series]:
    """Series of points, each once by name, in their order."""
    return list({point.series.name: point.series for point in found}.values())
