"""What the virtual machine's integers can hold: checked once, when a program is lowered.

Settings have bounds of their own, but it is their products that overflow: cycles times the pace of
a slow core, lines times the cost of one, a service times the cores that queue for it. Python's
integers, in which a program is written, hold them all; the machine's, of 64 bits, wrap.

So every program is checked before it runs, and the loop that runs it checks nothing. The argument:
an event's time stands above `CORE_BITS` bits of a key, so it has to stay below twice `LAST_CYCLE`,
and no event later than `LAST_CYCLE` is executed. What an event adds to its time is, at most, the
`SEGMENTS` charges that a core collects, and one wait in a queue. The former are bounded by half of
`LAST_CYCLE` together, the latter by a quarter. No run of any use comes near: `run.maximum_cycles`
gives it up long before.

A value from a register is bounded by what the last instruction above puts there; programs set what
they use just before. Times, which are bounded by the above, and words of memory count for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine import isa
from sim.engine.quantiles import QUANTILE_TABLES
from sim.engine.state import Distance, Ints, paces
from sim.program.operations import NAMES, SETS, TIMED

if TYPE_CHECKING:
    from sim.program.assembler import Assembler

MOST_CYCLES = isa.LAST_CYCLE // (2 * isa.SEGMENTS)
"""Cycles that one cost, or one instruction on its core, may take."""
QUEUED = isa.LAST_CYCLE // 4
"""Cycles that everything which queues for one line or server may take together."""
OUTSTANDING = 8
"""Requests that a thread has under way at a server, at most: four exchanges of two directions."""
DEPTH = 4
"""Registers that are set from each other in a row, and are followed."""
Bounds = NDArray[np.float64]
Places = NDArray[np.int64]


def check_costs(distance: Distance) -> None:
    """Check that the costs of a machine stay within range.

    Raises:
        ValueError: if they do not; it names the cost.
    """
    for name, value in distance._asdict().items():
        check_cost(name.removesuffix("_cycles").replace("_", " "), value)


def check_cost(name: str, cycles: int | Ints) -> None:
    """Check that one cost stays within range, a matrix before anything is summed over it.

    Raises:
        ValueError: if it does not; it names the cost.
    """
    most = int(np.max(cycles, initial=0))
    if most > MOST_CYCLES:
        raise ValueError(beyond(f"hardware: {name}", most, MOST_CYCLES))


def check_queues(distance: Distance, cores: int) -> None:
    """Check that all cores can queue for one line, or one home node.

    Raises:
        ValueError: if that takes too long; it names the cost.
    """
    for name in ("occupancy", "home_occupancy_cycles", "completion_cycles", "memory_cycles"):
        most = int(np.max(getattr(distance, name)))
        if most * cores > QUEUED:
            cost = name.removesuffix("_cycles").replace("_", " ")
            told = f"hardware: {cost} of {cores} cores that queue for a line"
            raise ValueError(beyond(told, most * cores, QUEUED))


def check_program(program: Assembler, distance: Distance, speeds: Sequence[float]) -> None:
    """Check that nothing that a program does overflows.

    Args:
        program: what the threads execute.
        distance: costs of the machine.
        speeds: cycles of work that each active core does in a cycle.

    Raises:
        ValueError: if something does; it names the object, the instruction and the cycles.
    """
    rows = program.assemble()
    shared = max(distance.shared_pace, distance.spun_pace)
    slowest = max(paces(speeds or [1.0])) * shared / (1 << 2 * isa.PACE_BITS)
    threads = max(len(program.entries), 1)
    switch = distance.context_switch_cycles * slowest
    if switch > MOST_CYCLES:
        raise ValueError(beyond("a context switch", switch, MOST_CYCLES))
    for op, cycles, most in durations(rows, distance, slowest, threads):
        over = np.flatnonzero((rows["op"] == op) & (cycles > most))
        if over.size:
            n = int(over[0])
            name = program.object_of(program.instructions[n])
            what = NAMES[op].replace("_", " ")
            raise ValueError(beyond(f"'{name}': {what}", float(cycles[n]), most))


def durations(
    rows: np.ndarray, distance: Distance, slowest: float, threads: int
) -> list[tuple[int, Bounds, int]]:
    """Bound what instructions take: (operation, cycles of each row at most, how many may be)."""
    values = np.abs(rows["value"].astype(float))
    sourced = np.flatnonzero((rows["source"] != isa.NONE) & np.isin(rows["op"], list(TIMED)))
    values[sourced] += Registers(rows).sources(sourced)
    targets = np.abs(rows["target"].astype(float))
    drawn = values * largest_draw()
    queue = threads * OUTSTANDING
    return [
        (isa.COMPUTE, values * slowest, MOST_CYCLES),
        (isa.COMPUTE_DRAWN, drawn * slowest, MOST_CYCLES),
        (isa.SAMPLE, drawn, QUEUED),
        (isa.BULK, values * int(np.max(distance.bulk_transfer)), MOST_CYCLES),
        (isa.REQUEST, values * queue, QUEUED),
        (isa.SUBMIT, values * queue, QUEUED),
        (isa.ALIGN, values, MOST_CYCLES),
        (isa.AWAIT_CHANGE, targets, MOST_CYCLES),
        (isa.SEND_IPI, targets, MOST_CYCLES),
        (isa.INTERRUPT, targets * threads * slowest, MOST_CYCLES),
    ]


class Registers:
    """Bounds of what registers hold where instructions use them: from the text, not from a run."""

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows
        self.values = np.abs(rows["value"].astype(float))
        sets = np.isin(rows["op"], list(SETS))
        self.writers = [np.flatnonzero(sets & (rows["dst"] == r)) for r in range(isa.REGISTERS)]

    def sources(self, at: Places, depth: int = DEPTH) -> Bounds:
        """Bound what the source registers of some instructions hold; 0 where there is none."""
        return self._held(self.rows["source"][at], at, depth)

    def _held(self, registers: Places, at: Places, depth: int) -> Bounds:
        """Bound registers before some instructions: as the last one above that sets them does."""
        most = np.zeros(len(at))
        for register in np.unique(registers[registers != isa.NONE]):
            chosen = registers == register
            if register <= isa.R_PACKAGE:
                most[chosen] = isa.NO_MASK
                continue
            writers = self.writers[register]
            if not len(writers) or depth == 0:
                continue
            last = np.searchsorted(writers, at[chosen]) - 1  # none above: the last one below
            distinct, places = np.unique(writers[last], return_inverse=True)
            most[chosen] = self._put(distinct, depth - 1)[places]
        return most

    def _put(self, at: Places, depth: int) -> Bounds:
        """Bound what some instructions put into their registers; 0 for times and words."""
        op, value = self.rows["op"][at], self.values[at]
        source = self.sources(at, depth)
        before = self._held(self.rows["dst"][at], at, depth) if (op == isa.ADD).any() else value
        return np.select(
            [(op == isa.SET) | (op == isa.DRAW), op == isa.SAMPLE, op == isa.ADD],
            [value + source, (value + source) * largest_draw(), before + source * value],
        )


def largest_draw() -> float:
    """Largest value of a distribution of mean 1."""
    return float(QUANTILE_TABLES.max()) / 65536


def beyond(what: str, cycles: float, most: int) -> str:
    """Say what takes too long."""
    return (
        f"{what}: up to {cycles:.3g} cycles, more than the {most:.3g} that the engine's integers "
        "have room for; allowed: smaller costs, or faster cores"
    )
