"""A trace as tracks: a slice for what each core did, and a flow for what came from another core.

A core's track holds its shared instructions and, before the end of each spin, the time that it
waited. Flows are found by replaying the states of the lines: an access by a core without a copy
takes the line from its last writer. It is a *message* where the line carries messages or the
reader waited for one, a *lock hand-off* where it ends a wait for a lock, else a *line transfer*.
The first two come from the last writer of the word itself: a waiter that takes a ticket writes the
line of the lock as well, but only the releaser serves the next one.

A record of a spin holds its end only. Its wait is taken to begin where the core's record before
it ends, so private work between the two counts as waiting; a lock's waiters have none.

A trace may have millions of records. So what is kept of a slice is two times and a number, and of a
flow three numbers; slices and flows with their names are made one at a time, as they are read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.program.operations import CODES, SPINS
from sim.program.replay import Lines

MESSAGE, HAND_OFF, TRANSFER = "message", "lock hand-off", "line transfer"
KINDS = (MESSAGE, HAND_OFF, TRANSFER)
Row = dict[str, Any]


@dataclass
class Slice:
    """What a core did from `begin` to `end` (nanoseconds from the start of the run).

    `arrives` and `leaves` number the flows that end and begin here.
    """

    core: int
    name: str
    category: str
    begin: float
    end: float
    arguments: dict[str, str | int]
    arrives: list[int] = field(default_factory=list)
    leaves: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Flow:
    """Something that came from the slice of one core to that of another."""

    number: int
    kind: str
    name: str
    source: Slice
    target: Slice


@dataclass(frozen=True)
class Tracks:
    """A trace with a track per core.

    Attributes:
        title: of the whole.
        cores: tracks.
        rows: of the trace.
        places: of each slice, the number of its row; of one that shows a wait, ~number.
        on: core of each slice.
        begins, ends: of each slice, nanoseconds.
        kinds: of each flow, its place in KINDS.
        sources, targets: of each flow, the numbers of its slices; the latter ascend.
    """

    title: str
    cores: int
    rows: Sequence[Row]
    places: array[int] = field(default_factory=lambda: array("q"))
    on: array[int] = field(default_factory=lambda: array("h"))
    begins: array[float] = field(default_factory=lambda: array("d"))
    ends: array[float] = field(default_factory=lambda: array("d"))
    kinds: array[int] = field(default_factory=lambda: array("b"))
    sources: array[int] = field(default_factory=lambda: array("q"))
    targets: array[int] = field(default_factory=lambda: array("q"))

    @property
    def slices(self) -> Iterator[Slice]:
        """Slices in the order of the rows."""
        return map(self.slice, range(len(self.places)))

    @property
    def flows(self) -> Iterator[Flow]:
        """Flows in the order of their ends."""
        return (self.flow(number) for number in range(1, len(self.kinds) + 1))

    def slice(self, n: int) -> Slice:
        """Slice number n, from 0."""
        place = self.places[n]
        row = self.rows[place if place >= 0 else ~place]
        draw = _slice if place >= 0 else _wait
        made = draw(row, self.begins[n], self.ends[n])
        made.arrives = self._numbers(self._ascending_targets, None, n)
        made.leaves = self._numbers(*self._ascending_sources, n)
        return made

    def flow(self, number: int) -> Flow:
        """Flow of a number, from 1."""
        n = number - 1
        row = self.rows[self.places[self.targets[n]]]
        return Flow(
            number,
            KINDS[self.kinds[n]],
            f"{row['region']} {row['line']}",
            self.slice(self.sources[n]),
            self.slice(self.targets[n]),
        )

    def add(self, place: int, core: int, begin: float, end: float) -> int:
        """Append a slice; returns its number."""
        self.places.append(place)
        self.on.append(core)
        self.begins.append(begin)
        self.ends.append(end)
        return len(self.places) - 1

    def join(self, kind: str, source: int, target: int) -> None:
        """Append a flow."""
        self.kinds.append(KINDS.index(kind))
        self.sources.append(source)
        self.targets.append(target)

    @cached_property
    def _ascending_targets(self) -> NDArray[np.int64]:
        return np.asarray(self.targets)

    @cached_property
    def _ascending_sources(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sources of the flows, ascending, and which flow each belongs to."""
        order = np.argsort(np.asarray(self.sources), kind="stable")
        return np.asarray(self.sources)[order], order

    def _numbers(
        self, ascending: NDArray[np.int64], order: NDArray[np.int64] | None, n: int
    ) -> list[int]:
        """Numbers of the flows that a slice begins or ends."""
        first, last = np.searchsorted(ascending, (n, n + 1))
        if order is None:
            return list(range(first + 1, last + 1))
        return [int(flow) + 1 for flow in order[first:last]]


def tracks(rows: Sequence[Row], title: str, cores: int, clock_ghz: float) -> Tracks:
    """Draw the rows of `sim.simulate.trace` as tracks."""
    found = Tracks(title, cores, rows)
    free_at: dict[int, float] = {}
    first = rows[0]["time_cycles"] / clock_ghz if len(rows) else 0.0
    lines = Lines()
    for place, row in enumerate(rows):
        core, begin = row["core"], row["time_cycles"] / clock_ghz
        idle_from = free_at.get(core, first)
        if CODES[row["instruction"]] in SPINS and begin > idle_from:
            found.add(~place, core, idle_from, begin)
        begin = max(begin, idle_from)
        free_at[core] = max(begin, row["end_cycles"] / clock_ghz)
        made = found.add(place, core, begin, free_at[core])
        access = lines.access(core, CODES[row["instruction"]], row["word"], made)
        if access is not None and access.fetched:
            kind = _kind(row)
            last = access.line if kind == TRANSFER else access.word
            if last is not None and last.core != core:
                found.join(kind, last.number, made)
    return found


def _slice(row: Row, begin: float, end: float) -> Slice:
    return Slice(
        core=row["core"],
        name=f"{row['instruction']} {row['region']}".strip(),
        category=row["object"],
        begin=begin,
        end=end,
        arguments={name: row[name] for name in ("object", "thread", "line", "value")},
    )


def _wait(row: Row, begin: float, end: float) -> Slice:
    """Draw the time that a core spun until a word changed."""
    return Slice(
        core=row["core"],
        name=f"{row['cause']} {row['region']}".replace("_", " ").strip(),
        category=row["cause"],
        begin=begin,
        end=end,
        arguments={name: row[name] for name in ("object", "thread", "line")},
    )


def _kind(row: Row) -> str:
    if row["message"] or row["cause"] == "message_wait":
        return MESSAGE
    return HAND_OFF if row["cause"] == "lock_wait" else TRANSFER
