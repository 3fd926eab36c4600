"""The C++ twin: compiled here, given the engine's own start state, and compared array by array."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import engine
from benchmarks.models import Model
from benchmarks.peers import PeerError, Run
from sim.program.simulation import Measurement

SOURCE = Path(__file__).with_name("twin.cpp")
FLAGS = ("-std=c++17", "-O3", "-march=native")


def compiler() -> str:
    """The C++ compiler: `$CXX`, or the first that is found.

    Raises:
        PeerError: if it is not installed.
    """
    chosen = os.environ.get("CXX")
    names = [chosen] if chosen else ["g++", "clang++", "c++"]
    for name in names:
        if shutil.which(name):
            return name
    raise PeerError(
        f"no C++ compiler: {' or '.join(names)} not found on this machine\n"
        "  Debian, Ubuntu: sudo apt install g++; or name another one: CXX=clang++ make bench"
    )


def build(folder: Path) -> Path:
    """Compile the twin into a folder.

    Raises:
        PeerError: if there is no compiler, or it fails.
    """
    program = folder / "twin"
    command = [compiler(), *FLAGS, "-o", str(program), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PeerError(f"{' '.join(command)} failed:\n{done.stderr.strip()}")
    return program


def write_arrays(path: Path, arrays: Sequence[np.ndarray]) -> None:
    """Write arrays of 64-bit integers, each after its length in bytes."""
    with path.open("wb") as file:
        for array in arrays:
            file.write(np.int64(array.nbytes).tobytes())
            file.write(np.ascontiguousarray(array).tobytes())


def read_arrays(path: Path) -> list[np.ndarray]:
    """Read what `write_arrays` writes."""
    content = np.fromfile(path, np.int64)
    arrays, at = [], 0
    while at < len(content):
        length = int(content[at]) // content.itemsize
        arrays.append(content[at + 1 : at + 1 + length])
        at += 1 + length
    return arrays


def save_state(model: Model, operations: int, path: Path) -> None:
    """Write the state that the engine starts from, for the twin."""
    state, switch_key = engine.prepared(model, operations)
    d, window = state.distance, state.window
    arrays = [state.program, state.threads, state.registers, state.cores, state.lines]
    arrays += [state.sharers, state.words, state.quantiles, state.tree, state.account]
    arrays += [d.transfer, d.invalidation, d.farthest_invalidation, d.occupancy]
    arrays += [d.expected_occupancy]
    costs = (
        d.memory_cycles,
        d.hit_cycles,
        d.locked_cycles,
        d.context_switch_cycles,
        switch_key,
        d.stores_wait,
    )
    write_arrays(path, [*arrays, np.array([*window, *costs], np.int64)])


def run(program: Path, model: Model, operations: int, measured: Measurement) -> Run:
    """Let the twin simulate what the engine measured.

    Raises:
        PeerError: if it fails, or differs in any event, latency, word or cycle of the account.
    """
    state = program.with_name(f"{model.name}-{model.site.cores}-{operations}.state")
    if not state.exists():
        save_state(model, operations, state)
    result = state.with_suffix(".result")
    done = subprocess.run(
        [str(program), str(state), str(result)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PeerError(f"{model.name} with {model.site.cores} cores: {done.stderr.strip()}")
    (events, opened, closed), latencies, account, words = read_arrays(result)
    same = {
        "events": events == measured.events,
        "cycles": closed - opened == measured.elapsed,
        "latencies": np.array_equal(latencies, measured.latencies),
        "account": np.array_equal(account, measured.account.ravel()),
        "words": np.array_equal(words, measured.words),
    }
    differing = [name for name, equal in same.items() if not equal]
    if differing:
        raise PeerError(
            f"{model.name} with {model.site.cores} cores: the C++ twin differs from the engine in "
            + ", ".join(differing)
        )
    simulated = operations + model.window(operations).warmup_operations
    seconds = float(done.stdout.split()[0])
    return Run(seconds, simulated, int(events), int(closed - opened) / operations)
