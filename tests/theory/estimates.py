"""Means of replications compared with an exact value or with those of another simulation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sim.engine.state import Distance
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from tests.machines import Body, start, window

REPLICATIONS = 8


def throughputs(
    asm: Assembler,
    body: Body,
    cores: int,
    *,
    operations: int = 20_000,
    occupancy: int = 0,
    replications: int = REPLICATIONS,
) -> list[float]:
    """Operations per cycle of cores that repeat a body, lines costing their occupancy alone."""
    for core in range(cores):
        start(asm, core, body)
    distance, measured = Distance.uniform(cores, 0, occupancy), window(operations, operations // 10)
    runs = (run_program(asm, [0] * cores, distance, measured, seed) for seed in range(replications))
    return [run.operations / run.elapsed for run in runs]


def within_three_standard_errors(samples: Sequence[float], others: Sequence[float]) -> bool:
    """Whether the means of two samples, or of one and an exact value, may be the same."""
    one, other = np.array(samples), np.array(others)
    variance = one.var(ddof=1) / one.size
    if other.size > 1:
        variance += other.var(ddof=1) / other.size
    return bool(abs(one.mean() - other.mean()) <= 3 * math.sqrt(variance))
