"""One point: a machine with so many of its cores enabled, and the program that they run.

Everything that can be wrong with a point is found here, before anything is simulated.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from sim import estimate
from sim.engine.state import Window
from sim.lowering import build_program
from sim.machine.site import Site, open_site
from sim.program.assembler import Assembler
from sim.program.ranges import check_costs, check_program, check_queues

if TYPE_CHECKING:
    from sim.config.run import RunConfig


class SimulationError(RuntimeError):
    """A point of a curve could not be simulated."""


class RefusedError(SimulationError):
    """A point that its own settings rule out: nothing of it was simulated."""


@contextmanager
def enough_memory(what: str) -> Iterator[None]:
    """Let a lack of memory, which the estimates did not foresee, be an error of the simulation."""
    try:
        yield
    except MemoryError as error:
        reason = str(error) or "out of memory"
        raise SimulationError(f"{what}: not enough memory: {reason}") from error


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


def refused(config: RunConfig, error: ValueError) -> RefusedError:
    """Say which run it is that cannot be done, and why."""
    return RefusedError(
        f"{config.workload.name} on {config.kernel.name}, {config.hardware.name}: {error}"
    )


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
        warmup_operations=config.dropped_operations(cores),
        operations=config.measured_operations(cores),
        maximum_cycles=run.maximum_cycles,
    )
