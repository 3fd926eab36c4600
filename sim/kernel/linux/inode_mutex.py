"""Inode mutexes: a directory's, held to change its entries, and a file's, held to append to it.

Both are adaptive mutexes: while the owner runs, waiters spin and each release makes all of them
fetch the line, so the hand-off grows with the waiters. The critical section works on the inode's
own lines (times, size, last page, entries), which the previous holder wrote on another core: they
move with the mutex. Exim's residual bottleneck on PK is of this kind (OSDI'10 section 5.2: the
spool directories; every delivery also appends to one log file, section 3.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.config.schema.kernel import SharedHold
    from sim.kernel.linux.locks import KernelLocks


class InodeMutex:
    """Mutexes of `count` inodes of one kind, charged to `name`."""

    def __init__(
        self, asm: Assembler, name: str, settings: SharedHold, locks: KernelLocks, count: int = 1
    ) -> None:
        self.name = name
        self.settings = settings
        self.mutex = locks.mutex(asm, count)

    def update(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Emit one change under the mutex of the inode whose number is in a register."""
        with asm.at(self.name):
            self.mutex.acquire(asm, index)
            asm.emit(isa.BULK, value=self.settings.lines)
            asm.compute(self.settings.hold_cycles)
            self.mutex.release(asm, index)
