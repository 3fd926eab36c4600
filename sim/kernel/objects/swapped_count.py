"""Counts that are read and then swapped for a changed one, and tried again at once if that fails.

Linux counts so where a count may change only under a condition: a reference that must not rise from
zero (atomic_inc_not_zero), a count beside a lock that must be free (lockref). The read fetches the
line to share it, the swap fetches it again to write. If another core has changed the count between
the two, the swap fails, but has the line; tried again within a few cycles, with what it has seen,
it succeeds before the line is gone:

    core 0   read 5 .... swap 5 by 6: it is 6, swap 6 by 7 ....
    core 1   read 5  swap 5 by 6 ....

So a change takes the line twice, however many cores want it. The read waits for its turn at the
line as a write does (`read_in_turn`): another core has just written the line, so that each read is
a fetch from its cache, and the line's home serves these one after another with the writes.

Where a pause comes before the next try, the line is gone by then, and the swaps fail again and
again: sim/sync/compare_swap_counter.py has that. On a machine of 48 cores and 96 hardware threads,
no pause gained 72 to 134 % (f5fe24ef17b5, Linux 6.3).

Not modelled: a line that is taken between a failed swap and the next.
"""

from __future__ import annotations

from sim.engine import isa
from sim.program.assembler import Assembler


def read_in_turn(asm: Assembler, address: int, index: int = isa.NONE) -> None:
    """Emit the read of a word that others write all the time: it takes the line from them."""
    asm.emit(isa.FETCH_ADD, address=address, index=index, value=0)


class SwappedCount:
    """`count` counts, a line each, every change of which is a read and a swap (lockref)."""

    def __init__(self, asm: Assembler, count: int = 1) -> None:
        self.word = asm.new_lines(count, "count")

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Add one reference."""
        self.change(asm, index, 1)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Drop one reference."""
        self.change(asm, index, -1)

    def change(self, asm: Assembler, index: int, by: int) -> None:
        """Emit the read, and the swap that succeeds."""
        read_in_turn(asm, self.word, index)
        asm.emit(isa.FETCH_ADD, address=self.word, index=index, value=by)


class IncNotZero(SwappedCount):
    """`count` references that must not rise from zero: swapped up, dropped by an atomic add."""

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Drop one reference."""
        asm.emit(isa.FETCH_ADD, address=self.word, index=index, value=-1)
