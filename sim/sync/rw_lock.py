"""Reader-writer spin lock: readers share, but every one of them writes the lock's line.

The word counts readers; a writer takes it from 0 to a large negative bias. A reader adds one and
has the lock unless a writer has it, in which case it takes its one back and spins. Readers never
exclude each other, yet each acquisition and each release moves the line, so a read lock held for
a short time scales no better than a counter (the region list's lock of OSDI'10 section 5.8 is
such a lock). Not fair: a stream of readers starves a writer. Source: Linux 2.6.35 rwlock_t.
"""

from __future__ import annotations

from sim.engine import isa
from sim.program.assembler import Assembler, Label

WRITER = 1 << 20  # more than there can be readers


class RwLock:
    """`count` reader-writer locks, a line each."""

    def __init__(self, asm: Assembler, count: int = 1) -> None:
        self.word = asm.new_lines(count, "rw_lock")

    def acquire_read(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Add a reader; spin while a writer holds the lock."""
        with asm.registers(1) as (old,):
            again, held = Label(), Label()
            asm.place(again)
            asm.emit(isa.FETCH_ADD, address=self.word, index=index, dst=old, value=1)
            asm.branch(old, isa.AT_LEAST, 0, held)
            asm.emit(isa.FETCH_ADD, address=self.word, index=index, value=-1)
            self._spin(asm, index, isa.AT_LEAST, 0)
            asm.jump(again)
            asm.place(held)

    def release_read(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Take the reader back."""
        asm.emit(isa.FETCH_ADD, address=self.word, index=index, value=-1)

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Spin until nobody holds the lock, and take it for writing."""
        with asm.registers(1) as (old,):
            again, held = Label(), Label()
            asm.place(again)
            self._spin(asm, index, isa.EQUAL, 0)
            asm.emit(isa.SET, dst=old, value=0)
            asm.emit(isa.COMPARE_SWAP, address=self.word, index=index, dst=old, value=-WRITER)
            asm.branch(old, isa.EQUAL, 0, held)
            asm.jump(again)
            asm.place(held)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Give the lock up after writing."""
        asm.emit(isa.FETCH_ADD, address=self.word, index=index, value=WRITER)

    def _spin(self, asm: Assembler, index: int, condition: int, value: int) -> None:
        """Spin until the word compares with a value as given."""
        asm.emit(
            isa.AWAIT,
            address=self.word,
            index=index,
            condition=condition,
            value=value,
            cause=isa.C_LOCK_WAIT,
        )


class ReadSide:
    """The read side of a reader-writer lock, as a lock: readers hold it together."""

    def __init__(self, lock: RwLock) -> None:
        self.lock = lock

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Acquire for reading."""
        self.lock.acquire_read(asm, index)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Release after reading."""
        self.lock.release_read(asm, index)
