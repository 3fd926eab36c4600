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
from sim import front_end
from sim.engine import isa
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
    simpy_by_hand: list[Run] = field(default_factory=list)
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
    def simpy_by_hand_over(self) -> float | None:
        """The same for the models that use no resources."""
        return paired(self.simpy_by_hand, self.engine) if self.simpy_by_hand else None

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
            "simpy_over": rounded(self.simpy_over),
            "simpy_by_hand_over": rounded(self.simpy_by_hand_over),
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


def rounded(ratio: float | None) -> float | None:
    """A ratio with one decimal, if there is one."""
    return None if ratio is None else round(ratio, 1)


def paired(slow: list[Run], fast: list[Run]) -> float:
    """Ratio of times per operation, round by round; the median."""
    return median(a.ns_per_operation / b.ns_per_operation for a, b in zip(slow, fast, strict=True))


def operations_for(model: Model) -> int:
    """Operations whose events take a fair time to simulate."""
    trial, _ = engine.run(model, model.site.cores)
    return max(round(EVENTS * trial.operations / trial.events), 10 * model.site.cores)


def check_simpy(model: Model, peer: Run, cycles: dict[str, float], operations: int) -> None:
    """Compare a SimPy run with the engine's over as long a window.

    Raises:
        PeerError: if the throughput, the latency or the cycles of a cause differ by more than
            noise, beside all cycles of an operation.
    """
    own, measured = engine.run(model, operations)
    causes = measured.account.sum(axis=(0, 1, 2)) / operations
    expected = {"latency": float(measured.latencies.mean())}
    expected |= {cause: float(causes[isa.CAUSES.index(cause)]) for cause in simpy_peer.CAUSES}
    errors = {"throughput": peer.cycles_per_operation / own.cycles_per_operation - 1}
    for name, value in expected.items():
        errors[name] = (cycles[name] - value) / float(causes.sum())
    worst = max(errors, key=lambda name: abs(errors[name]))
    if abs(errors[worst]) > SIMPY_TOLERANCE:
        raise PeerError(
            f"{model.name} with {model.site.cores} cores: "
            f"SimPy's {worst} is off by {errors[worst]:+.1%}"
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
            for by_hand, runs in ((False, cell.simpy), (True, cell.simpy_by_hand)):
                peer, cycles = simpy_peer.run(model, few, by_hand)
                runs.append(peer)
                if n == 0:
                    check_simpy(model, peer, cycles, few)
        cell.cpp.append(cpp.run(twin, model, operations, measured))
    return cell


def growth(cells: list[Cell]) -> dict[str, float]:
    """Fit ns per event = a + b log2(cores): least squares, and the largest excess over it."""
    logs = np.log2([cell.model.site.cores for cell in cells])
    costs = np.array([cell.ns_per_event for cell in cells])
    b, a = np.polyfit(logs, costs, 1)
    excess = float((costs / (a + b * logs) - 1)[-1])
    fit = {"a_ns": a, "b_ns": b, "last_over_fit": excess}
    return {name: round(float(value), 3) for name, value in fit.items()}


def table(rows: list[dict[str, Any]], fits: dict[str, dict[str, float]]) -> str:
    """Markdown of the results."""
    text = [
        "| model | cores | time / C++ | SimPy | by hand | ns/event | M events/s | C++ ns/event "
        "| state, bytes/core |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        slower = [row["simpy_over"], row["simpy_by_hand_over"]]
        simpy = " | ".join("" if ratio is None else f"{ratio:.0f}x" for ratio in slower)
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
    RESULTS.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    head = f"Written by `make bench` on {record.cpu}, at commit {record.commit}.\n\n"
    RESULTS.with_suffix(".md").write_text(head + text + "\n", encoding="utf-8")
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
    sys.exit(front_end.command(main))
