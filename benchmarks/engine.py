"""The engine itself: its time, what it measured, and the memory that a core takes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from benchmarks.models import Model
from benchmarks.peers import Run
from sim.engine.machine import execute
from sim.engine.state import State
from sim.program.simulation import Measurement, measure, prepare

SEED = 1


def prepared(model: Model, operations: int) -> tuple[State, int]:
    """State before the run, and the account slot of context switches."""
    window = model.window(operations)
    return prepare(model.program, model.site.dies, model.site.distance, window, SEED)


def run(model: Model, operations: int) -> tuple[Run, Measurement]:
    """Simulate so many operations inside the window."""
    state, switch_key = prepared(model, operations)
    before = time.process_time()
    status = execute(state, switch_key)
    seconds = time.process_time() - before
    measured = measure(state, model.program, status)
    window = state.window
    return (
        Run(
            seconds,
            window.warmup_operations + window.operations,
            measured.events,
            measured.elapsed / measured.operations,
        ),
        measured,
    )


def state_bytes(state: State) -> int:
    """Bytes of a state's arrays, without what there is one of per operation."""
    arrays = state._asdict() | {"latencies": None, "ended": None} | state.distance._asdict()
    kept = {id(value): value.nbytes for value in arrays.values() if isinstance(value, np.ndarray)}
    return sum(kept.values())


def resident_bytes() -> int:
    """Memory that this process occupies now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
