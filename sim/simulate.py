"""One curve: simulate a configuration at all its core counts and replications."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.state import Distance, Window
from sim.machine.coherence import with_costs_scaled
from sim.point import RefusedError as RefusedError  # callers catch what they may import from here
from sim.point import SimulationError as SimulationError
from sim.point import built, enough_memory, opened, replication_seed, window
from sim.program.freeing import freeable
from sim.program.operations import NAMES_A_WORD
from sim.program.simulation import EngineError, Measurement, Traced, run_program
from sim.program.slowing import slowable
from sim.reading import Reading
from sim.resonance import draws_nothing, is_resonant, probed
from sim.rows import NO_TRAFFIC, account_rows, point_row, traffic_row
from sim.shared_points import SharedPoint
from sim.steadiness import branches, drifts, is_enough
from sim.trace import Row, Trace

if TYPE_CHECKING:
    from sim.config.run import RunConfig

TRACED = 20_000  # records from which the lines that move are counted


@dataclass
class Outcome:
    """Rows of a curve: one per (cores, replication), and the account of each.

    Units: throughput in operations per second; `_us` per operation; cycles per operation.
    """

    points: list[Row] = field(default_factory=list)
    account: list[Row] = field(default_factory=list)


def simulate(config: RunConfig, progress: Callable[[int, int], None] | None = None) -> Outcome:
    """Simulate every core count of a configuration, with as many replications as it needs.

    Args:
        config: hardware, kernel, workload, run level and core counts.
        progress: called with (points done, points in all) after each point.

    Raises:
        RefusedError: if the workload cannot run on this machine or kernel.
        SimulationError: if a point deadlocks or takes too long.
    """
    outcome = Outcome()
    counts, replications = config.core_counts, config.run.replications
    with enough_memory(config.workload.name):
        for n, cores in enumerate(counts):
            point = Point(config, cores)
            first, readings = len(outcome.points), []
            for replication in range(replications):
                readings.append(simulate_point(point, replication, outcome))
                if progress:
                    progress(n * replications + replication + 1, len(counts) * replications)
                if is_settled(config, outcome.points[first:]):
                    break
            if progress:  # replications that were not needed are done, too
                progress((n + 1) * replications, len(counts) * replications)
            mark(point, outcome.points[first:], readings)
    return outcome


class Point:
    """One core count of a configuration: its machine, its program, and what runs of it measure.

    Raises:
        RefusedError: if the workload cannot run on this machine or kernel.
    """

    def __init__(self, config: RunConfig, cores: int) -> None:
        self.config = config
        self.site = opened(config, cores)
        self.program = built(config, self.site)
        self.window = window(config, self.site.cores)
        self._shared = SharedPoint(self.program, self.site)

    def traced(self, seed: int, records: int) -> Measurement:
        """Simulate the point and record so many instructions.

        Raises:
            EngineError: if it deadlocks or takes too long.
        """
        return self._run(self.window, self.site.distance, seed, records)

    def read(self, measured: Measurement, asked: Window) -> Reading:
        """Read a measurement of a window: what is read follows from that, and is shared."""
        return Reading.of(measured, probed(asked, self.site.cores).operations)

    def reading(self, seed: int) -> Reading:
        """Read what the point measures, simulated unless another curve has it in common.

        Raises:
            EngineError: if it deadlocks or takes too long.
        """
        return self._reading(self.window, self.site.distance, seed)

    def early_at(self, factor: float, seed: int) -> Reading:
        """Read what the window begins with where all lines cost so many times as much.

        Raises:
            EngineError: if it deadlocks or takes too long.
        """
        asked = probed(self.window, self.site.cores)
        return self._reading(asked, with_costs_scaled(self.site.distance, factor), seed)

    def _reading(self, asked: Window, costs: Distance, seed: int) -> Reading:
        def simulated() -> Reading:
            return self.read(self._run(asked, costs, seed), asked)

        return self._shared.reading(asked, costs, seed, simulated)

    def _run(self, asked: Window, costs: Distance, seed: int, traced: int = 0) -> Measurement:
        speeds = self.site.speeds
        return run_program(self.program, self.site.dies, costs, asked, seed, traced, speeds)


def is_settled(config: RunConfig, points: Sequence[Row]) -> bool:
    """Whether one core count's replications so far are as many as its precision needs."""
    times = [operation_time(config, row) for row in points]
    return is_enough(times, config.run.precision, config.run.minimum_replications)


def mark(point: Point, points: list[Row], readings: Sequence[Reading]) -> None:
    """Note in the rows of one core count's replications what kind of point it is."""
    mark_resonance(point, points, readings[0])
    found = branches([operation_time(point.config, row) for row in points])
    stationary = int(not drifts([reading.slowing for reading in readings]))
    for row, branch in zip(points, found, strict=True):
        row["stationary"] = stationary
        row["branch"] = branch
        row["branch_share"] = found.count(branch) / len(found)


def freeable_objects(config: RunConfig, cores: int) -> list[str]:
    """Objects of the account that `free` may name at one core count.

    Raises:
        RefusedError: if the workload cannot run on this machine or kernel.
    """
    site = opened(config, cores)
    return freeable(built(config.model_copy(update={"free": []}), site))


def slowable_objects(config: RunConfig, cores: int) -> list[str]:
    """Objects of the account that `slow` may name at one core count.

    Raises:
        RefusedError: if the workload cannot run on this machine or kernel.
    """
    site = opened(config, cores)
    return slowable(built(config.model_copy(update={"slow": []}), site))


def locks_waited_for(config: RunConfig, cores: int) -> dict[str, list[str]]:
    """Names of the locks that each object of the account has cores wait for, at one core count.

    Raises:
        RefusedError: if the workload cannot run on this machine or kernel.
    """
    site = opened(config, cores)
    program = built(config, site)
    found: dict[str, list[str]] = {}
    for instruction in program.instructions:
        if instruction.cause == isa.C_LOCK_WAIT and instruction.op in NAMES_A_WORD:
            name = program.region_of(instruction.address).name
            names = found.setdefault(program.object_of(instruction), [])
            if name not in names:
                names.append(name)
    return found


def mark_resonance(point: Point, points: list[Row], first: Reading) -> None:
    """Note in the rows of one core count's replications whether the point is resonant.

    Args:
        first: the first replication.
    """
    config, site, seed = point.config, point.site, points[0]["seed"]

    def time(reading: Reading) -> float:
        return operation_time(config, point_row(config, site, seed, reading))

    def change_at(factor: float) -> float:
        try:
            return time(point.early_at(factor, seed)) / time(first.early)
        except EngineError:  # it takes too long
            return math.inf

    in_step = site.cores > 1 and draws_nothing(point.program)
    times = [operation_time(config, row) for row in points]
    resonant = in_step and is_resonant(times, change_at)
    for row in points:
        row["resonant"] = int(resonant)


def operation_time(config: RunConfig, row: Row) -> float:
    """Time that an operation takes at a point, or the reverse of its throughput."""
    if config.workload.paced:
        return float(row["latency_mean_cycles"])
    return float(1 / row["throughput"])


def simulate_point(point: Point, replication: int, outcome: Outcome) -> Reading:
    """Simulate one core count and replication and append its rows."""
    config, site = point.config, point.site
    seed = replication_seed(config.run.seed, site.tasks, replication)
    try:
        if config.workload.counts_traffic:
            measured = point.traced(seed, TRACED)
            reading = point.read(measured, point.window)
            traffic = traffic_row(config, site, point.program, measured)
        else:
            reading, traffic = point.reading(seed), NO_TRAFFIC
    except EngineError as error:
        raise SimulationError(
            f"{config.workload.name} on {config.kernel.name} with {site.cores} cores, "
            f"replication {replication}: {error}"
        ) from error
    names = {
        "hardware": config.hardware.name,
        "kernel": config.kernel.name,
        "workload": config.workload.name,
        "cores": site.tasks,
        "replication": replication,
    }
    outcome.points.append(names | point_row(config, site, seed, reading) | traffic)
    whole = 1.0 / config.workload.simulated_share
    outcome.account.extend(names | row for row in account_rows(reading, whole))
    return reading


def trace(config: RunConfig, cores: int, records: int, after: int = 0) -> Trace:
    """Shared instructions of the first replication, in time order.

    Args:
        config: what to run.
        cores: active cores.
        records: rows at most.
        after: operations of all cores that are completed before the first row; 0: from the start.

    Raises:
        RefusedError: if the workload cannot run on this machine or kernel, or the run has no more
            operations than that.
        SimulationError: if the run deadlocks or takes too long.
    """
    with enough_memory(config.workload.name):
        site = opened(config, cores)
        program = built(config, site)
        seed = replication_seed(config.run.seed, cores, 0)
        asked = window(config, cores)
        whole = asked.warmup_operations + asked.operations
        if after >= whole:
            raise RefusedError(f"from={after}: at {cores} cores the run has {whole} operations")
        how = asked, seed, Traced(records, after), site.speeds
        try:
            measured = run_program(program, site.dies, site.distance, *how)
        except EngineError as error:
            raise SimulationError(f"{config.workload.name} with {cores} cores: {error}") from error
        return Trace(measured.trace, program)
