"""Reader-writer semaphore whose waiters spin: Linux's rwsem since 5.3, mmap_lock among others.

The count holds the readers, and a large number for the writer. A reader that tries first assumes a
count of 0 and swaps 1 in; with other readers inside that fails and says what the count is, and the
swap is tried again with it. So readers that never exclude each other still take the count's line
three times for each short section:

    core 0   swap 0 by 1 ................... [ read ] add -1
    core 1        swap 0 by 1: it is 1, swap 1 by 2 [ read ] add -1

The second swap is taken to succeed: it follows within a few cycles, before the line is gone.

Who finds the semaphore taken joins a queue of spinners (osq_lock, an MCS queue), whose first
watches the count while holders run on their cores, and takes the semaphore as soon as it is free
for what it wants. Nobody sleeps. Newcomers may be faster than the first of the queue, readers that
come one after another can keep a writer out. A writer may become a reader without letting another
writer in (downgrade_write): munmap does so before it frees pages and invalidates TLBs.

Not modelled: sleeping, which takes waiters of holders that sleep (or, for a reader's, spin too
long), and with it the hand-off bit against starvation; that readers do not spin since 5.12.
Source: Linux 5.10 kernel/locking/rwsem.c.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.program.assembler import Assembler, Label
from sim.sync.mcs_lock import McsLock

WRITER = 1 << 20  # more than there can be readers
NAME = "rw_semaphore"


class OptimisticRwSemaphore:
    """`count` semaphores, a line each: count of the holders, and tail of the spinners' queue.

    Args:
        cores: cores that may spin; who spins does not leave its core.
        count: number of semaphores.
    """

    def __init__(self, asm: Assembler, cores: int, count: int = 1) -> None:
        self.word = asm.new_lines(count, NAME)
        self.queue = McsLock(asm, cores, waiter=R_CORE, tail=self.word + 2)

    def acquire_read(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Add a reader by swapping; where somebody writes, queue and spin until nobody does."""
        with asm.registers(1) as (seen,):
            queue, held = Label(), Label()
            asm.emit(isa.SET, dst=seen, value=0)
            self._try(asm, index, seen, 1, held)
            asm.branch(seen, isa.AT_LEAST, WRITER, queue)
            asm.emit(isa.FETCH_ADD, address=self.word, index=index, dst=seen, value=1)
            asm.branch(seen, isa.LESS, WRITER, held)
            asm.emit(isa.FETCH_ADD, address=self.word, index=index, value=-1)
            asm.place(queue)
            self.queue.acquire(asm, index)
            self._take(asm, index, seen, 1)
            self.queue.release(asm, index)
            asm.place(held)

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Take the free semaphore for writing; else queue and spin until it is free."""
        with asm.registers(1) as (seen,):
            held = Label()
            asm.emit(isa.SET, dst=seen, value=0)
            self._try(asm, index, seen, WRITER, held)
            self.queue.acquire(asm, index)
            self._take(asm, index, seen, WRITER)
            self.queue.release(asm, index)
            asm.place(held)

    def downgrade(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Go on as a reader: other readers may come in, writers may not."""
        asm.emit(isa.FETCH_ADD, address=self.word, index=index, value=1 - WRITER)

    def release_read(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Take the reader back."""
        asm.emit(isa.FETCH_ADD, address=self.word, index=index, value=-1)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Stop writing."""
        asm.emit(isa.FETCH_ADD, address=self.word, index=index, value=-WRITER)

    def _try(self, asm: Assembler, index: int, seen: int, holder: int, held: Label) -> None:
        """Add a holder if the count is as seen, and go to `held`; else a register has the count."""
        with asm.registers(1) as (expected,):
            asm.emit(isa.SET, dst=expected, source=seen)
            asm.emit(
                isa.COMPARE_SWAP,
                address=self.word,
                index=index,
                dst=seen,
                source=seen,
                value=holder,
            )
            asm.branch(seen, isa.EQUAL, 0, held, source=expected)

    def _take(self, asm: Assembler, index: int, seen: int, holder: int) -> None:
        """Watch the count as the first of the queue, and add a holder when it may come in."""
        bound = 1 if holder == WRITER else WRITER
        watch, held = Label(), Label()
        asm.place(watch)
        asm.emit(
            isa.AWAIT,
            address=self.word,
            index=index,
            condition=isa.LESS,
            value=bound,
            cause=isa.C_LOCK_WAIT,
        )
        asm.emit(isa.LOAD, address=self.word, index=index, dst=seen, cause=isa.C_LOCK_WAIT)
        asm.branch(seen, isa.AT_LEAST, bound, watch)
        self._try(asm, index, seen, holder, held)
        asm.jump(watch)
        asm.place(held)
