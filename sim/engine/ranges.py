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

A value that comes from a register is bounded by the largest that any instruction puts there,
wherever it stands (times, which are bounded by the above, and words of memory apart).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine import isa
from sim.engine.quantiles import QUANTILE_TABLES
from sim.engine.state import Distance, Ints, paces

if TYPE_CHECKING:
    from sim.engine.assembler import Assembler

MOST_CYCLES = isa.LAST_CYCLE // (2 * isa.SEGMENTS)
"""Cycles that one cost, or one instruction on its core, may take."""
QUEUED = isa.LAST_CYCLE // 4
"""Cycles that everything which queues for one line or server may take together."""
OUTSTANDING = 8
"""Requests that a thread has under way at a server, at most: four exchanges of two directions."""
ROUNDS = 3
"""Registers that are set from each other in a row."""

Bounds = NDArray[np.float64]


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
    most = int(np.max(cycles))
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
    slowest = max(paces(speeds or [1.0])) / (1 << isa.PACE_BITS)
    threads = max(len(program.entries), 1)
    switch = distance.context_switch_cycles * slowest
    if switch > MOST_CYCLES:
        raise ValueError(beyond("a context switch", switch, MOST_CYCLES))
    for op, cycles, most in durations(rows, distance, slowest, threads):
        over = np.flatnonzero((rows["op"] == op) & (cycles > most))
        if over.size:
            n = int(over[0])
            name = program.objects[int(str(program.rows[n]["key"])) & 0xFFFFFFFF]
            what = isa.NAMES[op].lower().replace("_", " ")
            raise ValueError(beyond(f"'{name}': {what}", float(cycles[n]), most))


def durations(
    rows: np.ndarray, distance: Distance, slowest: float, threads: int
) -> list[tuple[int, Bounds, int]]:
    """Bound what instructions take: (operation, cycles of each row at most, how many may be)."""
    values = np.abs(rows["value"].astype(float)) + of_sources(rows, registers(rows))
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


def registers(rows: np.ndarray) -> Bounds:
    """Bound the numbers that are put into each register, times and words of memory apart."""
    most = np.zeros(isa.REGISTERS)
    most[: isa.R_PACKAGE + 1] = isa.NO_MASK
    values = np.abs(rows["value"].astype(float))
    setting = {
        isa.SET: lambda: values + of_sources(rows, most),
        isa.DRAW: lambda: values + of_sources(rows, most),
        isa.SAMPLE: lambda: (values + of_sources(rows, most)) * largest_draw(),
        isa.ADD: lambda: values * of_sources(rows, most),
    }
    for _ in range(ROUNDS):
        for op, put in setting.items():
            chosen = (rows["op"] == op) & (rows["dst"] >= 0) & (rows["dst"] != rows["source"])
            np.maximum.at(most, rows["dst"][chosen], put()[chosen])
    return most


def of_sources(rows: np.ndarray, most: Bounds) -> Bounds:
    """Bound what each instruction's source register adds to its value."""
    return np.where(rows["source"] == isa.NONE, 0.0, most[rows["source"]])


def largest_draw() -> float:
    """Largest value of a distribution of mean 1."""
    return float(QUANTILE_TABLES.max()) / 65536


def beyond(what: str, cycles: float, most: int) -> str:
    """Say what takes too long."""
    return (
        f"{what}: up to {cycles:.3g} cycles, more than the {most:.3g} that the engine's integers "
        "have room for; allowed: smaller costs, or faster cores"
    )
