"""Runs a program on the twin, as `run_program` runs it on the fast machine."""

from __future__ import annotations

from collections.abc import Sequence

from sim.engine.state import Distance, Window
from sim.program.assembler import Assembler
from sim.program.simulation import Measurement
from tests.oracle.twin import Twin


def run_program_twin(
    program: Assembler,
    packages: Sequence[int],
    distance: Distance,
    window: Window,
    seed: int = 1,
    speeds: Sequence[float] = (),
) -> Measurement:
    """Run a program as `run_program` does, slowly.

    Raises:
        EngineError: if it deadlocks, is invalid, or completes nothing for too long.
    """
    twin = Twin(program, packages, distance, window, seed, speeds)
    while twin.closed_at is None:
        twin.step()
    return twin.measurement(program.objects)
