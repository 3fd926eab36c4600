"""`python -m benchmarks`: the engine, SimPy and C++ side by side, in turn, on the same models."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks import cpp, engine, history, simpy_peer
from benchmarks.models import CORES, MODELS, Model
from benchmarks.peers import PeerError, Run
from sim.version import cpu_name

ROUNDS = 5
EVENTS = 3_000_000  # of the engine and of C++, about, in each round
SIMPY_OPERATIONS = 20_000  # inside the window, or so many for each core:
SIMPY_PER_CORE = 20
LARGEST_WITH_SIMPY = 1024
SIMPY_TOLERANCE = 0.03
RESULTS = history.FOLDER / "results"


@dataclass
class Cell:
    """A model at a number of cores: the runs of each peer, one of each in every round."""

    model: Model
    engine: list[Run] = field(default_factory=list)
    cpp: list[Run] = field(default_factory=list)
    simpy: list[Run] = field(default_factory=list)
    state_bytes: int = 0
    resident_bytes: int = 0

    @property
    def over_cpp(self) -> float:
        """Time of the engine / time of C++: median over the rounds."""
        return paired(self.engine, self.cpp)

    @property
    def simpy_over(self) -> float | None:
        """Time of SimPy / time of the engine for as many operations: median over the rounds."""
        return paired(self.simpy, self.engine) if self.simpy else None

    @property
    def ns_per_event(self) -> float:
        """Of the engine: the least of the rounds, which noise can only add to."""
        return min(run.ns_per_event for run in self.engine)

    def row(self) -> dict[str, Any]:
        """What the results file says."""
        return {
            "model": self.model.name,
            "cores": self.model.site.cores,
            "over_cpp": round(self.over_cpp, 3),
            "simpy_over": None if self.simpy_over is None else round(self.simpy_over, 1),
            "ns_per_event": round(self.ns_per_event, 2),
            "events_per_second": round(1e9 / self.ns_per_event),
            "cpp_ns_per_event": round(min(run.ns_per_event for run in self.cpp), 2),
            "simpy_events_per_second": round(
                max((run.events / run.seconds for run in self.simpy), default=0)
            ),
            "events_per_operation": round(self.engine[0].events / self.engine[0].operations, 3),
            "state_bytes_per_core": round(self.state_bytes / self.model.site.cores),
            "resident_bytes_per_core": round(self.resident_bytes / self.model.site.cores),
        }


def paired(slow: list[Run], fast: list[Run]) -> float:
    """Ratio of times per operation, round by round; the median."""
    return median(
        a.ns_per_operation / b.ns_per_operation for a, b in zip(slow, fast, strict=True)
    )


def operations_for(model: Model) -> int:
    """Operations whose events take a fair time to simulate."""
    trial, _ = engine.run(model, model.site.cores)
    return max(round(EVENTS * trial.operations / trial.events), 10 * model.site.cores)


def check_simpy(model: Model, peer: Run, operations: int) -> None:
    """Compare the throughput of a SimPy run with the engine's over as long a window.

    Raises:
        PeerError: if they differ by more than noise.
    """
    own, _ = engine.run(model, operations)
    error = peer.cycles_per_operation / own.cycles_per_operation - 1
    if abs(error) > SIMPY_TOLERANCE:
        raise PeerError(
            f"{model.name} with {model.site.cores} cores: SimPy's throughput is off by {error:+.1%}"
        )


def compare(model: Model, twin: Path) -> Cell:
    """Run all peers in turn, so that a noisy machine is noisy for all of them."""
    cell = Cell(model)
    operations = operations_for(model)
    before = engine.resident_bytes()
    kept = engine.prepared(model, 1)
    cell.state_bytes = engine.state_bytes(kept[0])
    cell.resident_bytes = max(engine.resident_bytes() - before, 0)
    few = max(SIMPY_OPERATIONS, SIMPY_PER_CORE * model.site.cores)
    for n in range(ROUNDS):
        run, measured = engine.run(model, operations)
        cell.engine.append(run)
        if model.site.cores <= LARGEST_WITH_SIMPY:
            cell.simpy.append(simpy_peer.run(model, few))
            if n == 0:
                check_simpy(model, cell.simpy[0], few)
        cell.cpp.append(cpp.run(twin, model, operations, measured))
    return cell


def growth(cells: list[Cell]) -> dict[str, float]:
    """Fit ns per event = a + b log2(cores): least squares, and the largest excess over it."""
    logs = np.log2([cell.model.site.cores for cell in cells])
    costs = np.array([cell.ns_per_event for cell in cells])
    b, a = np.polyfit(logs, costs, 1)
    excess = float((costs / (a + b * logs) - 1)[-1])
    return {"a_ns": round(float(a), 2), "b_ns": round(float(b), 2), "last_over_fit": round(excess, 3)}


def table(rows: list[dict[str, Any]], fits: dict[str, dict[str, float]]) -> str:
    """Markdown of the results."""
    text = [
        "| model | cores | time / C++ | SimPy / engine | ns/event | M events/s | C++ ns/event "
        "| state, bytes/core |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        simpy = "" if row["simpy_over"] is None else f"{row['simpy_over']:.0f}x"
        text.append(
            f"| {row['model']} | {row['cores']} | {row['over_cpp']:.2f}x | {simpy} "
            f"| {row['ns_per_event']:.1f} | {row['events_per_second'] / 1e6:.1f} "
            f"| {row['cpp_ns_per_event']:.1f} | {row['state_bytes_per_core']:,} |"
        )
    text.append("")
    for name, fit in fits.items():
        text.append(
            f"{name}: ns/event = {fit['a_ns']:.1f} + {fit['b_ns']:.1f} log2(cores); "
            f"at {rows[-1]['cores']} cores {fit['last_over_fit']:+.0%} from the fit"
        )
    return "\n".join(text)


def record_of(cells: list[Cell]) -> history.Record:
    """What of a run goes into the history."""

    def by_model(value: Callable[[Cell], float | None]) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for cell in cells:
            number = value(cell)
            if number is not None:
                by_cores = found.setdefault(cell.model.name, {})
                by_cores[str(cell.model.site.cores)] = round(number, 3)
        return found

    return history.Record(
        commit=history.commit(),
        cpu=cpu_name(),
        over_cpp=by_model(lambda cell: cell.over_cpp),
        simpy_over=by_model(lambda cell: cell.simpy_over),
        ns_per_event=by_model(lambda cell: cell.ns_per_event),
    )


def bench() -> list[str]:
    """Run everything, print and write it; returns warnings."""
    cells = []
    with tempfile.TemporaryDirectory(prefix="corescale-bench-") as folder:
        twin = cpp.build(Path(folder))
        for name, make in MODELS.items():
            for cores in CORES:
                print(f"{name}, {cores} cores", file=sys.stderr)
                cells.append(compare(make(cores), twin))
    rows = [cell.row() for cell in cells]
    fits = {name: growth([c for c in cells if c.model.name == name]) for name in MODELS}
    record, earlier = record_of(cells), history.read()
    text = table(rows, fits)
    content = {"commit": record.commit, "cpu": record.cpu, "rows": rows, "growth": fits}
    RESULTS.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n")
    head = f"Written by `make bench` on {record.cpu}, at commit {record.commit}.\n\n"
    RESULTS.with_suffix(".md").write_text(head + text + "\n")
    history.append(record)
    print(text)
    return history.warnings(record, earlier)


def main() -> int:
    """Run the benchmark; 1 if a peer is missing or differs from the engine."""
    try:
        found = bench()
    except PeerError as error:
        print(f"bench error: {error}", file=sys.stderr)
        return 1
    for line in found:
        print(f"warning: {line}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
