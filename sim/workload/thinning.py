"""Thinning: a simulated share of a job makes a random choice of its calls.

A job of a minute makes millions of calls. Where only a share of it is simulated, each part of it
makes its calls a random number of times with the right mean, so that the calls per second, and
the contention they meet, are those of the whole job.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from sim.engine import isa
from sim.program.assembler import Assembler, Label
from sim.program.shares import FINE_SHARES, branch_for_share


@contextmanager
def times_on_average(asm: Assembler, mean: float) -> Iterator[None]:
    """Execute the instructions emitted inside the integer below or above `mean` times, at random.

    Args:
        mean: expected number of times.
    """
    with asm.registers(1) as (left,):
        whole = math.floor(mean)
        top, enough, done = Label(), Label(), Label()
        branch_for_share(asm, left, mean - whole, enough, FINE_SHARES)
        asm.emit(isa.SET, dst=left, value=whole)
        asm.branch(left, isa.EQUAL, 0, done)
        asm.jump(top)
        asm.place(enough)
        asm.emit(isa.SET, dst=left, value=whole + 1)
        asm.place(top)
        yield
        asm.emit(isa.SET, dst=left, source=left, value=-1)
        asm.branch(left, isa.AT_LEAST, 1, top)
        asm.place(done)
