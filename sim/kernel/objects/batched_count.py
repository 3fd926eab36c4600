"""Counts that each core changes for itself, and adds to the shared word in batches.

Linux counts so what changes often and is read rarely or need not be exact: how many pages a process
has (percpu_counter), a group's charged memory (memcg_stock), a protocol's memory. A core adds to a
part of its own; when that has come to a batch, up or down, it is added to the shared word:

    core 0   own +1  own +1 ... own = batch: shared += batch, own = 0
    core 1   own +1  own -1  own +1  own -1 ...           (never leaves its own part)

So a core that takes as much as it gives back, by turns, never touches the shared word; one that
first takes much and then gives it all back touches it once a batch. The shared value is wrong by a
batch of each core at most.

A program here takes and gives back by turns what the real one does in long rows; `in_turn` is one
change of such a row, and goes to the shared word at random (as in protocol_memory.py).

Not modelled: the spin lock around the shared word of a percpu_counter, which lies on its line; and
that its batch grows with the machine (32, or twice the hardware threads if that is more).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.table import KernelObject
from sim.program.assembler import Label
from sim.settings import Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler


class BatchedCounts(KernelObject):
    """Counts of which each core has a part (percpu_counter)."""

    key: ClassVar[str] = "batched_count"

    local_cycles: Cycles = Field(description="a change that stays in the core's own part")


class BatchedCount:
    """One count whose parts the cores keep until they have come to a batch.

    Args:
        context: of the kernel.
        batch: changes that a core keeps to itself, either way; with 0 it keeps none.
    """

    def __init__(self, context: KernelContext, batch: int) -> None:
        self.local_cycles = context.settings(BatchedCounts).local_cycles
        self.batch = max(batch, 1)
        self.word = context.asm.new_lines(1, "count")
        with context.asm.for_each_core():
            self.part = context.asm.new_lines(context.site.cores, "part")

    def change(self, asm: Assembler, amount: int) -> None:
        """Emit a change by so much, no more than a batch."""
        asm.compute(self.local_cycles)
        with asm.registers(1) as (own,):
            up, down, done = Label(), Label(), Label()
            asm.emit(isa.LOAD, address=self.part, index=R_CORE, dst=own)
            asm.emit(isa.SET, dst=own, source=own, value=amount)
            asm.branch(own, isa.AT_LEAST, self.batch, up)
            asm.branch(own, isa.LESS, 1 - self.batch, down)
            asm.emit(isa.STORE, address=self.part, index=R_CORE, source=own)
            asm.jump(done)
            for label, moved in ((up, self.batch), (down, -self.batch)):
                asm.place(label)
                asm.emit(isa.STORE, address=self.part, index=R_CORE, source=own, value=-moved)
                asm.emit(isa.FETCH_ADD, address=self.word, value=moved)
                asm.jump(done)
            asm.place(done)


@contextmanager
def in_turn(asm: Assembler, batch: int) -> Iterator[None]:
    """Emit what is inside for one of so many changes, at random: the others stay with the core."""
    kept = Label()
    if batch > 1:
        with asm.registers(1) as (left,):
            asm.emit(isa.DRAW, dst=left, value=batch)
            asm.branch(left, isa.AT_LEAST, 1, kept)
    yield
    asm.place(kept)
