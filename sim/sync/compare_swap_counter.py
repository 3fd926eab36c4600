"""Counter changed by a compare-and-swap loop: read the word, and replace it unless it has changed.

What Linux does where a count may be added to only under a condition: a reference that must not rise
from zero (atomic_inc_not_zero), a dentry's count beside a spin lock that must be free (lockref). An
atomic add always succeeds when it has the line; here another core's update between the read and the
swap makes the swap fail, and the core has fetched the line for nothing and tries again with what it
saw:

    core 0   read 5 ............ swap 5 by 6: fails, 6 is there ... swap 6 by 7
    core 1          read 5, swap 5 by 6

So the line moves more often the more cores want it. Exact at every moment. Source: Linux 3.12
lib/lockref.c (bc08b449ee14).

Not modelled: that lockref takes the spin lock after 100 failures, and that a count may be zero.
"""

from __future__ import annotations

from sim.engine import isa
from sim.program.assembler import Assembler, Label


def add_by_swapping(
    asm: Assembler, address: int, seen: int, change: int, index: int = isa.NONE
) -> None:
    """Emit replacing a word by what a register has seen of it plus a change, until that succeeds.

    Args:
        address: of the word.
        seen: register with the value that the word is expected to have; afterwards the value that
            was replaced.
        change: added to it.
        index: register that names one of several lines.
    """
    again, done = Label(), Label()
    with asm.registers(1) as (expected,):
        asm.place(again)
        asm.emit(isa.SET, dst=expected, source=seen)
        asm.emit(
            isa.COMPARE_SWAP, address=address, index=index, dst=seen, source=seen, value=change
        )
        asm.branch(seen, isa.NOT_EQUAL, 0, again, source=expected)
        asm.place(done)


class CompareSwapCounter:
    """`count` counters, a line each."""

    def __init__(self, asm: Assembler, count: int = 1) -> None:
        self.word = asm.new_lines(count, "count")

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Add one reference."""
        self._change(asm, index, 1)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Drop one reference."""
        self._change(asm, index, -1)

    def _change(self, asm: Assembler, index: int, change: int) -> None:
        with asm.registers(1) as (seen,):
            asm.emit(isa.LOAD, address=self.word, index=index, dst=seen)
            add_by_swapping(asm, self.word, seen, change, index)
