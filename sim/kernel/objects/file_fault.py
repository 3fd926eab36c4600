"""Page faults on mapped files whose pages are in the page cache.

    copy   A private mapping is written to: a page is allocated as for fresh memory (page.py), and
           the file's page is copied into it, which moves it through the node's memory controller
           several times.
    map    A shared mapping is written to: the file's own page is mapped and marked as written. So
           that the writer can be made to wait for the disk without its lock, the fault drops the
           lock it is under, and is tried again (89b15332af7c, Linux 5.5). Threads meet at the lock
           twice:

               core 0   lock [ mark ] drop   lock [ map ] drop
               core 1        lock: line moves ...

Each task maps a file of its own here, so that the lines of a file are its mapper's.

Not modelled: files that several tasks map, pages that have to be read, and write-back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.kernel.objects.page import CHARGED_TO
from sim.kernel.table import KernelObject
from sim.settings import Count, Cycles, PositiveCount

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.kernel.objects.page import PageFaults
    from sim.program.assembler import Assembler


class FileFault(KernelObject):
    """One fault on a mapped file."""

    key: ClassVar[str] = "file_fault"

    map_cycles: Cycles = Field(
        description="a fault that maps a page of the page cache for writing, all attempts"
    )
    copy_cycles: Cycles = Field(
        description="a fault that copies one, beside the memory controller's service"
    )
    copy_moves: PositiveCount = Field(
        description="times that copying moves a page through the memory controller"
    )
    retries: Count = Field(
        description="times that a fault which marks a file's page as written is tried again"
    )


class FileFaults:
    """The path of page faults on mapped files."""

    def __init__(self, context: KernelContext, pages: PageFaults) -> None:
        self.settings = context.settings(FileFault)
        self.pages, self.retries = pages, self.settings.retries
        self.memory = context.memory  # one for all kernels, whose pages are each kernel's own
        self.zero_cycles = context.site.hardware.memory.page_zero_cycles

    def map(self, asm: Assembler) -> None:
        """Emit mapping a page of the cache for writing."""
        with asm.at(CHARGED_TO):
            asm.compute(self.settings.map_cycles)
        self.pages.count(asm)

    def copy(self, asm: Assembler) -> None:
        """Emit allocating a page of the core's own node, and copying the cache's into it."""
        with asm.at(CHARGED_TO), asm.registers(1) as (node,):
            self.memory.choose_own_node(asm, node)
            self.pages.allocate(asm)
            self.pages.count(asm)
            asm.compute(self.settings.copy_cycles)
            moves = self.settings.copy_moves
            self.memory.serve(asm, node, moves * self.zero_cycles)
