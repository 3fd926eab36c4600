"""Counts that are read and then swapped for a changed one, and tried again at once if that fails.

Linux counts so where a count may change only under a condition: a reference that must not rise from
zero (atomic_inc_not_zero), a count beside a lock that must be free (lockref). The read fetches the
line to share it, the swap fetches it again to write. If another core has changed the count between
the two, the swap fails, and is tried again at once with what it has seen:

    core 0   read 5 ............... swap 5 by 6: it is 6 ... swap 6 by 7
    core 1   read 5 .. swap 5 by 6

How many swaps of a change fail where cores meet is a number here (`failed_swaps`); where they do
not meet, the line is at hand and a failed swap costs next to nothing. So a change takes the line a
few times, however many cores want it.

Where a pause comes before the next try, the line is gone by then, and the swaps fail again and
again: sim/sync/compare_swap_counter.py has that. On a machine of 48 cores and 96 hardware threads,
no pause gained 72 to 134 % (f5fe24ef17b5, Linux 6.3).

Not modelled: a line that is taken between a failed swap and the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.kernel.table import KernelObject
from sim.settings import Count
from sim.sync.shared_counter import SharedCounter

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler


class SwappedCounts(KernelObject):
    """Counts that are read and swapped until that succeeds (lockref, atomic_inc_not_zero)."""

    key: ClassVar[str] = "swapped_count"

    failed_swaps: Count = Field(
        description="swaps that fail, each with a fetch of the line, before one succeeds"
    )


class SwappedCount(SharedCounter):
    """`count` counts, a line each, every change of which is a read and swaps (lockref)."""

    def __init__(self, context: KernelContext, count: int = 1) -> None:
        super().__init__(context.asm, count)
        self.failed_swaps = context.settings(SwappedCounts).failed_swaps

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Add one reference."""
        self.read_and_swap(asm, index)
        super().acquire(asm, index)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Drop one reference."""
        self.read_and_swap(asm, index)
        super().release(asm, index)

    def read_and_swap(self, asm: Assembler, index: int) -> None:
        """Emit the read, and the swaps that fail."""
        with asm.registers(1) as (seen,):
            self.read_exact(asm, seen, index)
        for _ in range(self.failed_swaps):
            asm.emit(isa.FETCH_ADD, address=self.word, index=index, value=0)


class IncNotZero(SwappedCount):
    """`count` references that must not rise from zero: swapped up, dropped by an atomic add."""

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Drop one reference."""
        SharedCounter.release(self, asm, index)
