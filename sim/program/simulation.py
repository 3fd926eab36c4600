"""Running an assembled program, and reading off its account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.engine import isa
from sim.engine.machine import execute
from sim.engine.quantiles import QUANTILE_TABLES
from sim.engine.state import (
    DEADLOCKED,
    FINISHED,
    STALLED,
    T_CLOSED_AT,
    T_DEADLINE,
    T_EVENTS,
    T_OPENED_AT,
    T_OPERATIONS,
    T_TRACED,
    TIMED_OUT,
    Distance,
    Image,
    Ints,
    State,
    Window,
    new_state,
)
from sim.program.assembler import Assembler

SCHEDULER = "scheduler"


class EngineError(RuntimeError):
    """The program could not be run to the end of its window."""


class Traced(NamedTuple):
    """Records of a trace at most, and operations that are completed before the first one."""

    records: int
    after: int = 0


@dataclass(frozen=True)
class Measurement:
    """What one run measured inside its window.

    Attributes:
        operations: completed inside the window.
        elapsed: length of the window, cycles.
        latencies: of those operations, cycles.
        ended: when each of them was completed, cycles from the opening of the window.
        account: int64[cores, modes, objects, causes]; each core's entries sum to `elapsed`.
        objects: names along the account's object axis.
        events: events of the whole run, warm-up included.
        words: the memory at the end.
        trace: records of shared instructions, empty unless traced.
    """

    operations: int
    elapsed: int
    latencies: Ints
    ended: Ints
    account: Ints
    objects: tuple[str, ...]
    events: int
    words: Ints
    trace: np.ndarray


def prepare(
    program: Assembler,
    packages: Sequence[int],
    distance: Distance,
    window: Window,
    seed: int,
    traced: int = 0,
    speeds: Sequence[float] = (),
) -> tuple[State, int]:
    """State and account slot of context switches for an assembled program.

    Raises:
        ValueError: if a core with threads is not among those that the costs are for.
    """
    if any(core >= len(distance.packages) for core, _ in program.entries):
        raise ValueError("the costs are those of fewer cores than have threads")
    program.object_id(SCHEDULER)
    image = Image(
        program=program.assemble(),
        entry=[(core, label.position) for core, label in program.entries],
        homes=program.homes,
        servers=program.servers,
        slots=program.slots,
        quantiles=QUANTILE_TABLES,
    )
    state = new_state(image, packages, distance, window, seed, traced, speeds)
    idle = program.slot(isa.IDLE, SCHEDULER, isa.C_BLOCKED)
    state.cores["idle_key"] = state.cores["wait_key"] = idle
    state.totals[T_DEADLINE] = min(state.window.maximum_cycles, isa.LAST_CYCLE)
    state.cores["wait_from"] = 0  # a core without threads waits from the start, and for ever
    return state, program.slot(isa.SYSTEM, SCHEDULER, isa.C_COMPUTE)


def measure(state: State, program: Assembler, status: int) -> Measurement:
    """Read a finished state's account.

    Raises:
        EngineError: if the window did not close.
    """
    if status != FINISHED:
        done = int(state.totals[T_OPERATIONS])
        wanted = state.window.warmup_operations + state.window.operations
        reason = {
            DEADLOCKED: "every thread sleeps or spins and nothing is left that could wake one: "
            + "; ".join(waiting(state, program)),
            STALLED: "the program loops without taking any time",
            TIMED_OUT: f"run.maximum_cycles={state.window.maximum_cycles} cycles were not enough "
            "for the next one",
        }.get(status, "the program holds an invalid instruction")
        raise EngineError(f"{done} of {wanted} operations are done, but {reason}")
    shape = (len(state.cores), len(isa.MODES), len(program.objects), len(isa.CAUSES))
    return Measurement(
        operations=state.window.operations,
        elapsed=int(state.totals[T_CLOSED_AT] - state.totals[T_OPENED_AT]),
        latencies=state.latencies,
        ended=state.ended - int(state.totals[T_OPENED_AT]),
        account=state.account.reshape(shape),
        objects=tuple(program.objects),
        events=int(state.totals[T_EVENTS]),
        words=state.words,
        trace=state.trace[: int(state.totals[T_TRACED])],
    )


MOST_WAITS = 6
"""What a message about a deadlock names."""


def waiting(state: State, program: Assembler) -> list[str]:
    """Say which cores spin or sleep on which named words, those with the most cores first."""
    found: dict[tuple[str, str], list[int]] = {}
    for core, record in enumerate(state.cores):
        if record["spin_line"] != isa.NONE:
            name = program.region_of(int(record["spin_address"])).name
            found.setdefault((name, "spins"), []).append(core)
    for thread in state.threads:
        if thread["parked_on"] != isa.NONE:
            name = program.region_of(int(thread["parked_on"])).name
            found.setdefault((name, "sleeps"), []).append(int(thread["core"]))
    ranked = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    said = [
        f"{_cores(cores)} {what if len(set(cores)) == 1 else what[:-1]} on {name}"
        for (name, what), cores in ranked
    ]
    more = len(said) - MOST_WAITS
    return [*said[:MOST_WAITS], *([f"and {more} more"] if more > 0 else [])]


def _cores(cores: Sequence[int]) -> str:
    """Name cores: `core 3`, `cores 0, 1 and 2`, `cores 0 to 47`."""
    names = sorted(set(cores))
    if len(names) == 1:
        return f"core {names[0]}"
    if len(names) > 2 and names[-1] - names[0] == len(names) - 1:
        return f"cores {names[0]} to {names[-1]}"
    return f"cores {', '.join(map(str, names[:-1]))} and {names[-1]}"


def run_program(
    program: Assembler,
    packages: Sequence[int],
    distance: Distance,
    window: Window,
    seed: int = 1,
    traced: int | Traced = 0,
    speeds: Sequence[float] = (),
) -> Measurement:
    """Run a program on active cores (given by their packages) and measure it.

    Args:
        traced: records at most (0: nothing is traced), or those after some operations.

    Work (`COMPUTE`, context switches, interrupt handlers) takes 1/speed of its time on a core; what
    lies beyond the core (lines, memory, devices) takes its own.

    Raises:
        EngineError: if it deadlocks, or completes nothing for `window.maximum_cycles` cycles.
    """
    wanted = traced if isinstance(traced, Traced) else Traced(traced)
    state, switch_key = prepare(program, packages, distance, window, seed, wanted.records, speeds)
    if wanted.after:
        skip(state, program, switch_key, wanted.after)
    status = execute(state, switch_key, wanted.records > 0)
    return measure(state, program, status)


def skip(state: State, program: Assembler, switch_key: int, operations: int) -> None:
    """Run a state until some operations are completed, and leave it where it goes on.

    What is measured afterwards is not the window's: this is for what a trace shows.

    Raises:
        EngineError: if so many are never completed.
    """
    window = Window(operations - 1, 1, state.window.maximum_cycles)
    until = state._replace(window=window)
    status = execute(until, switch_key)
    if status != FINISHED:
        measure(until, program, status)
    # The core that has completed the last one stands at that instruction, at this time.
    core = int(state.tree[1]) & ((1 << isa.CORE_BITS) - 1)
    state.threads["pc"][state.cores["thread"][core]] += 1


def summary(measurement: Measurement) -> dict[tuple[str, str, str], float]:
    """Cycles per operation by (mode, object, cause), zero entries left out."""
    totals = measurement.account.sum(axis=0)
    return {
        (isa.MODES[m], measurement.objects[o], isa.CAUSES[c]): totals[m, o, c]
        / measurement.operations
        for m, o, c in zip(*np.nonzero(totals), strict=True)
    }
