"""Accesses replayed on their lines: who holds a copy, and who wrote what last.

The trace of a run says which words its cores touched, in the order in which the machine served
them. Following the copies of every line tells what each access did to the others: a core without a
copy fetches the line from whoever wrote it last; a write leaves the writer as its only holder. In
the order of time, on three cores:

    core 0  store  fetches the line from memory, and holds it alone
    core 1  load   fetches it from core 0; both hold it
    core 1  load   has a copy
    core 0  store  has a copy, and tells core 1 that its own is void
    core 2  load   fetches it from core 0

A line that nobody has written comes from memory. A spinner is seen when its wait is over: what it
fetched before, because others wrote the line meanwhile, is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from sim.engine.isa import LINE_SHIFT
from sim.program.operations import READS, WRITES


class Write(NamedTuple):
    """Who wrote: a core, and the number that the access was given."""

    core: int
    number: int


class Access(NamedTuple):
    """What an access found, before it changed anything.

    Attributes:
        fetched: the core had no copy of the line.
        first: the core that touched the line before all others.
        line, word: the last write to the line, and to the word; None: there was none.
        voided: other cores whose copies a write voids.
    """

    fetched: bool
    first: int
    line: Write | None
    word: Write | None
    voided: frozenset[int]


NOBODY: frozenset[int] = frozenset()


@dataclass(slots=True)
class Line:
    """A cache line: who came first, who has a copy, and the last write to it and to each word."""

    first: int
    holders: set[int] = field(default_factory=set)
    written: Write | None = None
    words: dict[int, Write] = field(default_factory=dict)


class Lines:
    """The lines of a program, while its accesses are replayed."""

    def __init__(self) -> None:
        self._lines: dict[int, Line] = {}

    def access(self, core: int, op: int, word: int, number: int = 0) -> Access | None:
        """Replay one instruction.

        Args:
            core: that executed it.
            op: operation.
            word: address.
            number: of the access, for those that ask who wrote.

        Returns:
            What it found; None for an operation that neither reads nor writes.
        """
        writes = op in WRITES
        if not writes and op not in READS:
            return None
        line = self._lines.get(word >> LINE_SHIFT)
        if line is None:
            line = self._lines[word >> LINE_SHIFT] = Line(core)
        voided = frozenset(line.holders - {core}) if writes else NOBODY
        found = Access(
            core not in line.holders, line.first, line.written, line.words.get(word), voided
        )
        if writes:
            line.holders = {core}
            line.written = line.words[word] = Write(core, number)
        else:
            line.holders.add(core)
        return found
