"""lseek to the end of a file: a read of the file's size (OSDI'10 section 5.5).

PostgreSQL asks for the size of a table by seeking to its end, several times per query and always
in the same two files.

    mutex    Read the size under the mutex of the inode, an adaptive mutex. The size cannot change
             meanwhile. The hand-off grows with the waiters, and it collapses:

                 core 0   lock [ read ] unlock
                 core 1   lock ........ line moves [ read ] unlock

    atomic   Read the size atomically. Nobody writes its line, so that every core keeps a copy:

                 core 0   [ read ]
                 core 1   [ read ]

Not modelled: files that grow, whose size's line moves to every reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.kernel.table import Fix, KernelObject, strategy
from sim.settings import Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

CHARGED_TO = "inode_mutex_lseek"


class FileSize(KernelObject):
    """lseek to the end of a file."""

    key: ClassVar[str] = "lseek"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "inode_mutex_lseek": Fix(
            "sharing",
            "mutex",
            "atomic",
            "lseek reads the file's size atomically, without the inode's mutex",
        )
    }

    hold_cycles: Cycles = Field(
        description="reading the size and setting the position, under the inode's mutex on stock"
    )


@strategy(FileSize, "mutex")
class LockedSize:
    """read the size under the mutex of the inode, one of each file."""

    def __init__(self, context: KernelContext, size: FileSize) -> None:
        self.hold_cycles = size.hold_cycles
        self.mutex = context.locks.mutex(context.population.seek_files)

    def seek_end(self, asm: Assembler, file: int = isa.NONE) -> None:
        """Emit a seek to the end of the file whose number is in a register."""
        with asm.at(CHARGED_TO):
            self.mutex.acquire(asm, file)
            asm.compute(self.hold_cycles)
            self.mutex.release(asm, file)


@strategy(FileSize, "atomic")
class AtomicSize:
    """read the size atomically."""

    def __init__(self, context: KernelContext, size: FileSize) -> None:
        self.hold_cycles = size.hold_cycles

    def seek_end(self, asm: Assembler, file: int = isa.NONE) -> None:
        """Emit a seek to the end of any file."""
        with asm.at(CHARGED_TO):
            asm.compute(self.hold_cycles)
