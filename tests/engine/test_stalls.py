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
