"""One curve: simulate a configuration at all its core counts and replications."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sim import estimate
from sim.engine import isa
from sim.engine.state import Window
from sim.machine.coherence import with_costs_scaled
from sim.machine.site import Site, open_site
from sim.machine.traffic import count
from sim.program.assembler import Assembler
from sim.program.freeing import freeable
from sim.program.operations import NAMES_A_WORD
from sim.program.ranges import check_costs, check_program, check_queues
from sim.program.simulation import EngineError, Measurement, run_program
from sim.resonance import draws_nothing, is_resonant
from sim.trace import Row, Trace
from sim.workload.build import build_program

if TYPE_CHECKING:
    from sim.config.schema.run import RunConfig

TRACED = 20_000  # records from which the lines that move are counted
TRACED_WARM_UP = 4  # the first of so many parts of those operations do not count


class SimulationError(RuntimeError):
    """A point of a curve could not be simulated."""


class RefusedError(SimulationError):
    """A point that its own settings rule out: nothing of it was simulated."""


@dataclass
class Outcome:
    """Rows of a curve: one per (cores, replication), and the account of each.

    Units: throughput in operations per second; `_us` per operation; cycles per operation.
    """

    points: list[Row] = field(default_factory=list)
    account: list[Row] = field(default_factory=list)


@contextmanager
def enough_memory(what: str) -> Iterator[None]:
    """Let a lack of memory, which the estimates did not foresee, be an error of the simulation."""
    try:
        yield
    except MemoryError as error:
        reason = str(error) or "out of memory"
        raise SimulationError(f"{what}: not enough memory: {reason}") from error


def simulate(config: RunConfig, progress: Callable[[int, int], None] | None = None) -> Outcome:
    """Simulate every core count and replication of a configuration.

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
            site = opened(config, cores)
            program = built(config, site)
            for replication in range(replications):
                simulate_point(config, site, program, replication, outcome)
                if progress:
                    progress(n * replications + replication + 1, len(counts) * replications)
            mark_resonance(config, site, program, outcome.points[-replications:])
    return outcome


def freeable_objects(config: RunConfig, cores: int) -> list[str]:
    """Objects of the account that `free` may name at one core count.

    Raises:
        RefusedError: if the workload cannot run on this machine or kernel.
    """
    site = opened(config, cores)
    return freeable(built(config.model_copy(update={"free": []}), site))


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


def mark_resonance(config: RunConfig, site: Site, program: Assembler, points: list[Row]) -> None:
    """Note in the rows of one core count's replications whether the point is resonant."""
    seed = points[0]["seed"]

    def time_at(factor: float) -> float:
        costs, asked = with_costs_scaled(site.distance, factor), window(config, site.cores)
        try:
            measured = run_program(program, site.dies, costs, asked, seed, speeds=site.speeds)
        except EngineError:  # it takes too long
            return math.inf
        return operation_time(config, point_row(config, site, seed, measured))

    in_step = site.cores > 1 and draws_nothing(program)
    times = [operation_time(config, row) for row in points]
    resonant = in_step and is_resonant(times, time_at)
    for row in points:
        row["resonant"] = int(resonant)


def operation_time(config: RunConfig, row: Row) -> float:
    """Time that an operation takes at a point, or the reverse of its throughput."""
    if config.workload.paced:
        return float(row["latency_mean_cycles"])
    return float(1 / row["throughput"])


def simulate_point(
    config: RunConfig, site: Site, program: Assembler, replication: int, outcome: Outcome
) -> None:
    """Simulate one core count and replication, and append its rows."""
    seed = replication_seed(config.run.seed, site.cores, replication)
    traced = TRACED if config.workload.counts_traffic else 0
    try:
        measured = run_program(
            program,
            site.dies,
            site.distance,
            window(config, site.cores),
            seed,
            traced,
            site.speeds,
        )
    except EngineError as error:
        raise SimulationError(
            f"{config.workload.name} on {config.kernel.name} with {site.cores} cores, "
            f"replication {replication}: {error}"
        ) from error
    names = {
        "hardware": config.hardware.name,
        "kernel": config.kernel.name,
        "workload": config.workload.name,
        "cores": site.cores,
        "replication": replication,
    }
    traffic = traffic_row(config, site, program, measured)
    outcome.points.append(names | point_row(config, site, seed, measured) | traffic)
    whole = 1.0 / config.workload.simulated_share
    outcome.account.extend(names | row for row in account_rows(measured, whole))


def built(config: RunConfig, site: Site) -> Assembler:
    """Build the program of one point.

    Raises:
        RefusedError: if the workload cannot run on this machine or kernel, `free` names an object
            that cannot be freed, or something takes longer than the engine can hold.
    """
    try:
        program = build_program(config, site)
        check_queues(site.distance, site.cores)
        check_program(program, site.distance, site.speeds)
        check_size(config, site, program)
    except ValueError as error:
        raise refused(config, error) from error
    return program


def check_size(config: RunConfig, site: Site, program: Assembler) -> None:
    """Check that a program's state can be held, before its arrays are made.

    Raises:
        ValueError: if that takes more memory than the run's limit.
    """
    size = len(program.instructions), program.lines, len(program.entries), site.cores
    parts = estimate.memory(config, site.cores) + estimate.program(*size)
    reason = estimate.too_much(parts, config.limits.memory_gib)
    if reason:
        raise ValueError("\n  ".join(reason))


def opened(config: RunConfig, cores: int) -> Site:
    """Enable some cores of the configured machine.

    Raises:
        RefusedError: if its costs are more than the engine can hold.
    """
    try:
        site = open_site(config.hardware, cores, config.core_order, config.workload.work_ghz)
        check_costs(site.distance)
    except ValueError as error:
        raise refused(config, error) from error
    return site


def refused(config: RunConfig, error: ValueError) -> RefusedError:
    """Say which run it is that cannot be done, and why."""
    return RefusedError(
        f"{config.workload.name} on {config.kernel.name}, {config.hardware.name}: {error}"
    )


def trace(config: RunConfig, cores: int, records: int) -> Trace:
    """Shared instructions of the first replication, in time order, from the start of the run.

    Args:
        config: what to run.
        cores: active cores.
        records: rows at most.

    Raises:
        RefusedError: if the workload cannot run on this machine or kernel.
        SimulationError: if the run deadlocks or takes too long.
    """
    with enough_memory(config.workload.name):
        site = opened(config, cores)
        program = built(config, site)
        seed = replication_seed(config.run.seed, cores, 0)
        try:
            measured = run_program(
                program, site.dies, site.distance, window(config, cores), seed, records, site.speeds
            )
        except EngineError as error:
            raise SimulationError(f"{config.workload.name} with {cores} cores: {error}") from error
        return Trace(measured.trace, program)


def replication_seed(root: int, cores: int, replication: int) -> int:
    """Seed of one point: a leaf of the tree that the run's seed is the root of."""
    sequence = np.random.SeedSequence(root, spawn_key=(cores, replication))
    return int(sequence.generate_state(1, np.uint32)[0])


def window(config: RunConfig, cores: int) -> Window:
    """Operations before and inside the measured window, over all cores; whole jobs of a batch."""
    run = config.run
    if config.workload.batch:
        return Window(1, run.jobs, run.maximum_cycles)
    return Window(
        warmup_operations=max(run.warmup_operations * cores, 1),
        operations=max(run.operations * cores, run.minimum_operations),
        maximum_cycles=run.maximum_cycles,
    )


def point_row(config: RunConfig, site: Site, seed: int, measured: Measurement) -> Row:
    """Throughput, latency and time per operation of one point.

    Where only a share of an operation is simulated, its times are scaled up to a whole one.
    """
    if measured.elapsed == 0:
        raise SimulationError(
            f"{config.workload.name} with {site.cores} cores: an operation takes no time at all; "
            "give some cost a value above 0"
        )
    whole = 1.0 / config.workload.simulated_share
    seconds = measured.elapsed * whole / (config.hardware.clock_ghz * 1e9)
    throughput = measured.operations / seconds
    cycles = measured.account.sum(axis=(0, 2, 3)) * whole / measured.operations
    microseconds = cycles / (config.hardware.clock_ghz * 1000)
    p50, p99 = np.quantile(measured.latencies, [0.5, 0.99])
    return {
        "seed": seed,
        "unit": config.workload.unit,
        "operations": measured.operations,
        "elapsed_cycles": round(measured.elapsed * whole),
        "throughput_per_core": throughput / site.cores,
        "throughput": throughput,
        "latency_mean_cycles": float(measured.latencies.mean()) * whole,
        "latency_p50_cycles": float(p50) * whole,
        "latency_p99_cycles": float(p99) * whole,
        "user_us": float(microseconds[isa.USER]),
        "system_us": float(microseconds[isa.SYSTEM]),
        "idle_us": float(microseconds[isa.IDLE]),
        "events": measured.events,
    }


def traffic_row(config: RunConfig, site: Site, program: Assembler, measured: Measurement) -> Row:
    """Lines and words per operation that went over the links; 0 where they are not counted."""
    codes = [instruction.op for instruction in program.instructions] if len(measured.trace) else []
    done = sum(codes[int(pc)] == isa.END for pc in measured.trace["pc"]) if codes else 0
    counted = count(measured.trace, codes, site.packages, done // TRACED_WARM_UP)
    packets = config.hardware.link_packets
    return {
        "lines_moved": counted.lines_moved,
        "link_dwords_out": 0.0 if packets is None else counted.dwords(packets, out=True),
        "link_dwords_back": 0.0 if packets is None else counted.dwords(packets, out=False),
    }


def account_rows(measured: Measurement, whole: float) -> list[Row]:
    """Cycles per operation by mode, object and cause; entries of zero are left out."""
    totals = measured.account.sum(axis=0) * whole
    return [
        {
            "mode": isa.MODES[mode],
            "object": measured.objects[obj],
            "cause": isa.CAUSES[cause],
            "cycles_per_operation": float(totals[mode, obj, cause] / measured.operations),
        }
        for mode, obj, cause in zip(*np.nonzero(totals), strict=True)
    ]
