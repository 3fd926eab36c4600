"""Amdahl's law, exactly: a serial phase, then a parallel one, on cores that share at no cost."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sim.engine import isa
from sim.engine.state import Distance
from sim.program.assembler import Assembler
from sim.program.simulation import run_program
from tests.machines import new_program, operation, start, window

WORK = 480_000  # divisible by every number of cores below
JOBS = 10


def cycles_of_a_job(cores: int, serial: int) -> Fraction:
    """Core 0 does the serial phase and sends all cores off; it goes on when all are done."""
    asm = new_program()
    go, done = asm.new_lines(cores), asm.new_lines()
    asm.new_servers()
    with asm.registers(2) as (job, target):

        def share(asm: Assembler) -> None:
            asm.compute((WORK - serial) // cores)
            asm.emit(isa.FETCH_ADD, address=done, value=1)

        def leader(asm: Assembler) -> None:
            with operation(asm):
                asm.emit(isa.REQUEST, value=serial)
                asm.emit(isa.SET, dst=job, source=job, value=1)
                asm.emit(isa.SET, dst=target, value=0)
                asm.emit(isa.ADD, dst=target, source=job, value=cores)
                for core in range(1, cores):
                    asm.emit(isa.STORE, address=go + isa.WORDS_PER_LINE * core, source=job)
                share(asm)
                asm.emit(isa.AWAIT_TURN, address=done, source=target)

        def follower(asm: Assembler) -> None:
            asm.emit(isa.SET, dst=job, source=job, value=1)
            asm.emit(isa.AWAIT_TURN, address=go, index=isa.R_CORE, source=job)
            share(asm)

        for core in range(cores):
            start(asm, core, follower if core else leader)
    run = run_program(asm, [0] * cores, Distance.uniform(cores), window(JOBS, 1))
    return Fraction(run.elapsed, JOBS)


@pytest.mark.parametrize("cores", [1, 2, 3, 8, 16, 48])
@pytest.mark.parametrize("serial_fraction", [Fraction(0), Fraction(1, 10), Fraction(1, 2)])
def test_the_speed_up_is_that_of_amdahls_law(cores: int, serial_fraction: Fraction) -> None:
    serial = int(WORK * serial_fraction)
    speed_up = cycles_of_a_job(1, serial) / cycles_of_a_job(cores, serial)
    assert speed_up == 1 / (serial_fraction + (1 - serial_fraction) / cores)
