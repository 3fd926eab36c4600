"""A trace as tracks: a slice for what each core did, and a flow for what came from another core.

A core's track holds its shared instructions and, before the end of each spin, the time that it
waited. Flows are found by replaying the states of the lines: an access by a core without a copy
takes the line from its last writer. It is a *message* where the line carries messages or the
reader waited for one, a *lock hand-off* where it ends a wait for a lock, else a *line transfer*.
The first two come from the last writer of the word itself: a waiter that takes a ticket writes the
line of the lock as well, but only the releaser serves the next one.

A record of a spin holds its end only. Its wait is taken to begin where the core's record before
it ends, so private work between the two counts as waiting; a lock's waiters have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.engine import isa

MESSAGE, HAND_OFF, TRANSFER = "message", "lock hand-off", "line transfer"
READS = frozenset(("load", "await", "await_turn", "await_change", "prefetch"))
WRITES = frozenset(("store", "increment", "fetch_add", "swap", "compare_swap", "post"))
SPINS = frozenset(("await", "await_turn", "await_change"))


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
    """A trace with a track per core."""

    title: str
    cores: int
    slices: list[Slice]
    flows: list[Flow]


@dataclass
class _Copies:
    """Who holds a line, and the slices that wrote it, and each of its words, last."""

    writer: Slice | None = None
    writers: dict[int, Slice] = field(default_factory=dict)
    holders: set[int] = field(default_factory=set)


def tracks(rows: Sequence[dict[str, Any]], title: str, cores: int, clock_ghz: float) -> Tracks:
    """Draw the rows of `sim.simulate.trace` as tracks."""
    found = Tracks(title, cores, [], [])
    free_at: dict[int, float] = {}
    lines: dict[int, _Copies] = {}
    for row in rows:
        core, begin = row["core"], row["time_cycles"] / clock_ghz
        idle_from = free_at.get(core, 0.0)
        if row["instruction"] in SPINS and begin > idle_from:
            found.slices.append(_wait(row, idle_from, begin))
        slice_ = _slice(row, max(begin, idle_from), row["end_cycles"] / clock_ghz)
        found.slices.append(slice_)
        free_at[core] = slice_.end
        if row["word"] >= 0:
            line = row["word"] >> isa.LINE_SHIFT
            _replay(found, lines.setdefault(line, _Copies()), row, slice_)
    return found


def _slice(row: dict[str, Any], begin: float, end: float) -> Slice:
    return Slice(
        core=row["core"],
        name=f"{row['instruction']} {row['region']}".strip(),
        category=row["object"],
        begin=begin,
        end=max(begin, end),
        arguments={name: row[name] for name in ("object", "thread", "line", "value")},
    )


def _wait(row: dict[str, Any], begin: float, end: float) -> Slice:
    """Draw the time that a core spun until a word changed."""
    return Slice(
        core=row["core"],
        name=f"{row['cause']} {row['region']}".replace("_", " ").strip(),
        category=row["cause"],
        begin=begin,
        end=end,
        arguments={name: row[name] for name in ("object", "thread", "line")},
    )


def _replay(found: Tracks, copies: _Copies, row: dict[str, Any], slice_: Slice) -> None:
    """Note one access to a line, and the flow that it is the end of."""
    writes = row["instruction"] in WRITES
    if not writes and row["instruction"] not in READS:
        return
    core, kind = row["core"], _kind(row)
    writer = copies.writer if kind == TRANSFER else copies.writers.get(row["word"])
    if core not in copies.holders and writer is not None and writer.core != core:
        flow = Flow(len(found.flows) + 1, kind, f"{row['region']} {row['line']}", writer, slice_)
        writer.leaves.append(flow.number)
        slice_.arrives.append(flow.number)
        found.flows.append(flow)
    if writes:
        copies.writer, copies.holders = slice_, {core}
        copies.writers[row["word"]] = slice_
    else:
        copies.holders.add(core)


def _kind(row: dict[str, Any]) -> str:
    if row["message"] or row["cause"] == "message_wait":
        return MESSAGE
    return HAND_OFF if row["cause"] == "lock_wait" else TRANSFER
