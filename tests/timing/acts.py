"""Acts at chosen times: threads that each do one thing once, the last of which is measured."""

from __future__ import annotations

from collections.abc import Sequence

from sim.engine.state import Distance
from sim.program.assembler import Assembler
from sim.program.simulation import Measurement, run_program
from tests.machines import Body as Act
from tests.machines import new_program, operation, start, window

Timed = tuple[int, int, Act]
"""Core, cycles of work before the act, act."""


def run_acts(
    acts: Sequence[Timed],
    measured: Timed,
    packages: Sequence[int],
    distance: Distance,
    seed: int = 1,
) -> Measurement:
    """Run threads that act once each; the measured one's act is the operation.

    There are two lines, from word 0 on, and one server.
    """
    asm = new_program()
    asm.new_lines(2)
    asm.new_servers()

    def counted(asm: Assembler) -> None:
        with operation(asm):
            measured[2](asm)

    for core, time, act in [*acts, (*measured[:2], counted)]:

        def body(asm: Assembler, time: int = time, act: Act = act) -> None:
            asm.compute(time)
            act(asm)

        start(asm, core, body, times=1)
    return run_program(asm, packages, distance, window(1), seed)
