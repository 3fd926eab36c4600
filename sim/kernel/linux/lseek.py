"""lseek to the end of a file: the inode's mutex around a read of the size (OSDI'10 section 5.5).

PostgreSQL asks for the size of a table by seeking to its end, several times per query and always
in the same two files. Stock Linux takes the inode's mutex for it, an adaptive mutex whose hand-off
grows with the waiters, and collapses. PK (`inode_mutex_lseek`) reads the size atomically; nobody
writes its line, so every core keeps a copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.config.schema.lseek import Seek
    from sim.kernel.linux.locks import KernelLocks

OBJECT = "inode_mutex_lseek"


class LockedSeek:
    """Stock: read the size under the mutex of the inode, one per file."""

    def __init__(self, asm: Assembler, seek: Seek, locks: KernelLocks, files: int) -> None:
        self.hold_cycles = seek.hold_cycles
        self.mutex = locks.mutex(asm, files)

    def seek_end(self, asm: Assembler, file: int = isa.NONE) -> None:
        """Emit a seek to the end of the file whose number is in a register."""
        with asm.at(OBJECT):
            self.mutex.acquire(asm, file)
            asm.compute(self.hold_cycles)
            self.mutex.release(asm, file)


class AtomicSeek:
    """PK (`inode_mutex_lseek`): read the size atomically."""

    def __init__(self, seek: Seek) -> None:
        self.hold_cycles = seek.hold_cycles

    def seek_end(self, asm: Assembler, file: int = isa.NONE) -> None:
        """Emit a seek to the end of any file."""
        with asm.at(OBJECT):
            asm.compute(self.hold_cycles)
