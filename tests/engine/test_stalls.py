"""A program that takes no time is given up, not waited for."""

from __future__ import annotations

import pytest

from sim.engine import isa
from sim.program.simulation import EngineError, run_program
from tests.machines import costs, new_program, start, window


@pytest.mark.parametrize("op", [isa.SET, isa.YIELD])
def test_a_loop_that_takes_no_time_is_an_error(op: int) -> None:
    asm = new_program()
    with asm.registers(1) as (r,):
        start(asm, 0, lambda program: asm.emit(op, dst=r))
    with pytest.raises(EngineError, match="loops without taking any time"):
        run_program(asm, [0], costs([0]), window(10), 1)


def test_a_deadlock_names_who_waits_for_what() -> None:
    asm = new_program()
    log, directory = asm.new_lines(name="log"), asm.new_lines(name="directory")

    def spin(program) -> None:
        program.emit(isa.AWAIT, address=log, value=1)

    def sleep(program) -> None:
        program.emit(isa.PARK, address=directory, value=0)

    for core in range(3):
        start(asm, core, spin)
    start(asm, 3, sleep)
    said = "cores 0 to 2 spin on log; core 3 sleeps on directory"
    with pytest.raises(EngineError, match=said):
        run_program(asm, [0] * 4, costs([0] * 4), window(10), 1)
