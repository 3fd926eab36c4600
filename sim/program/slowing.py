"""What would a delay cost? A program in which one of its objects takes longer.

Where the object is a lock, or has one, the delay follows each acquisition, so that the lock is held
for so much longer; elsewhere it comes first, each time that a core turns to the object. It is work,
charged to the object. On a real kernel `perf lock contention -J TIME@LOCK` does the same to a lock:
whoever gets it waits before going on. (perf delays those alone that had to wait for the lock; on
a lock that is worth the question they are nearly all.)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple

from sim.engine import isa
from sim.program.assembler import Assembler, Label
from sim.program.instruction import Instruction
from sim.program.operations import KEPT

JUMPS = (isa.JUMP, isa.BRANCH)
MOST_CYCLES = 1_000_000_000
UNITS = {"": 0.0, "ns": 1.0, "us": 1e3, "ms": 1e6}
"""Nanoseconds of a unit; without one it is cycles."""
FORM = re.compile(r"([^:]+):([0-9]+(?:\.[0-9]+)?)(|ns|us|ms)")


class Acquisition(NamedTuple):
    """Where a program acquires a lock: the instructions from `start` to before `end`."""

    start: int
    end: int


def delay(text: str, clock_ghz: float) -> tuple[str, int]:
    """Read OBJECT:CYCLES, or a time with its unit: (object, cycles).

    Raises:
        ValueError: if it is something else.
    """
    found = FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"slow: {text!r} is no delay; allowed: OBJECT:CYCLES, or a time: OBJECT:500ns, :2us"
        )
    name, number, unit = found.groups()
    cycles = round(float(number) * (UNITS[unit] * clock_ghz if unit else 1))
    if not 1 <= cycles <= MOST_CYCLES:
        raise ValueError(f"slow: {text!r} is {cycles:,} cycles; allowed: 1 to {MOST_CYCLES:,}")
    return name.strip(), cycles


def slowable(program: Assembler) -> list[str]:
    """Objects of a program that a core ever turns to."""
    charged = {program.object_of(one) for one in program.instructions if one.op not in KEPT}
    return [name for name in program.objects if name in charged]


def slow(
    program: Assembler, delays: Mapping[str, int], acquisitions: Iterable[Acquisition]
) -> None:
    """Let some objects of a program take longer.

    Args:
        program: what is changed.
        delays: cycles, by object.
        acquisitions: of all the program's locks.

    Raises:
        ValueError: for an object that the program has not.
    """
    allowed = slowable(program)
    for name in delays:
        if name not in allowed:
            near = get_close_matches(name, allowed, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ValueError(f"slow: {name!r} is not there; {hint}allowed: {', '.join(allowed)}")
    places = _held(program, delays, acquisitions)
    locks = {program.object_of(place.charged) for place in places}
    for name in delays:
        places += [] if name in locks else _visits(program, name)
    if places:
        _insert(program, delays, places)


@dataclass(frozen=True)
class _Place:
    """A delay before an instruction.

    Attributes:
        at: number of the instruction.
        charged: an instruction that is charged as the delay shall be.
        body: instructions from which a jump to `at` is a special one.
        from_body: whether the special ones alone meet the delay, or all others.
    """

    at: int
    charged: Instruction
    body: range
    from_body: bool

    def meets(self, source: int) -> bool:
        """Whether a jump from an instruction meets the delay."""
        return (source in self.body) == self.from_body


def _held(
    program: Assembler, delays: Mapping[str, int], acquisitions: Iterable[Acquisition]
) -> list[_Place]:
    """Where a lock has just been acquired; a later loop that begins there is not delayed."""
    found = []
    for start, end in acquisitions:
        charged = program.instructions[end - 1]
        if program.object_of(charged) in delays:
            found.append(_Place(end, charged, range(start, end), from_body=True))
    return found


def _visits(program: Assembler, name: str) -> list[_Place]:
    """Where a core turns to an object: not where it stays there, in a loop."""
    found = []
    runs: list[list[int]] = []
    for n, instruction in enumerate(program.instructions):
        if program.object_of(instruction) == name:
            if runs and runs[-1][-1] == n - 1:
                runs[-1].append(n)
            else:
                runs.append([n])
    for run in runs:
        if any(program.instructions[n].op not in KEPT for n in run):
            body = range(run[0], run[-1] + 1)
            found.append(_Place(run[0], program.instructions[run[0]], body, from_body=False))
    return found


def _insert(program: Assembler, delays: Mapping[str, int], places: Sequence[_Place]) -> None:
    """Insert the delays, and let jumps go to where their targets went."""
    before: defaultdict[int, list[_Place]] = defaultdict(list)
    for place in places:
        before[place.at].append(place)
    written, moved = [], []
    for n in range(len(program.instructions) + 1):
        for place in before[n]:
            written.append(_wait(place.charged, delays[program.object_of(place.charged)]))
        moved.append(len(written))
        written += program.instructions[n : n + 1]

    def target(old: int, source: int) -> int:
        first = moved[old] - len(before[old])
        met = (first + k for k, place in enumerate(before[old]) if place.meets(source))
        return next(met, moved[old])

    for n, instruction in enumerate(program.instructions):
        if instruction.op in JUMPS:
            instruction.target = target(instruction.resolved, n)
    program.entries = [
        (core, Label(target(label.position, isa.NONE))) for core, label in program.entries
    ]
    program.exchanges = {moved[n] for n in program.exchanges}
    program.instructions = written


def _wait(charged: Instruction, cycles: int) -> Instruction:
    none = isa.NONE
    return Instruction(
        isa.COMPUTE, charged.mode, charged.object, isa.C_COMPUTE, none, none, none, 0,
        isa.WORDS_PER_LINE, cycles, isa.EQUAL, 0,
    )  # fmt: skip
