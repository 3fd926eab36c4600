"""Running an assembled program, and reading off its account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
            DEADLOCKED: "every thread sleeps or spins and nothing is left that could wake one",
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


def run_program(
    program: Assembler,
    packages: Sequence[int],
    distance: Distance,
    window: Window,
    seed: int = 1,
    traced: int = 0,
    speeds: Sequence[float] = (),
) -> Measurement:
    """Run a program on active cores (given by their packages) and measure it.

    Work (`COMPUTE`, context switches, interrupt handlers) takes 1/speed of its time on a core; what
    lies beyond the core (lines, memory, devices) takes its own.

    Raises:
        EngineError: if it deadlocks, or completes nothing for `window.maximum_cycles` cycles.
    """
    state, switch_key = prepare(program, packages, distance, window, seed, traced, speeds)
    status = execute(state, switch_key, traced > 0)
    return measure(state, program, status)


def summary(measurement: Measurement) -> dict[tuple[str, str, str], float]:
    """Cycles per operation by (mode, object, cause), zero entries left out."""
    totals = measurement.account.sum(axis=0)
    return {
        (isa.MODES[m], measurement.objects[o], isa.CAUSES[c]): totals[m, o, c]
        / measurement.operations
        for m, o, c in zip(*np.nonzero(totals), strict=True)
    }
