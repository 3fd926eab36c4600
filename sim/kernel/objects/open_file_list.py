"""Per-super-block list of open files (OSDI'10 section 4.5).

Linux keeps all open files of a file system on a list, to know whether it can be remounted
read-only; open and close edit it.

    shared     One list under one spin lock, whose line moves with every open and close.
    per_core   One list of each core, under its own lock:

                   core 0   own lock [ link ] unlock
                   core 1   own lock [ link ] unlock

               Whoever needs all files locks every list.

Not modelled: a file closed on another core than it was opened on, which would lock that core's list
and is rare, and remounting.
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


class OpenFileList(KernelObject):
    """List of the open files of a file system."""

    key: ClassVar[str] = "open_file_list"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "open_file_list": Fix(
            "sharing", "shared", "per_core", "each core has its own list of open files"
        )
    }

    hold_cycles: Cycles = Field(description="cycles from acquisition to release, uncontended")


class LockedList:
    """A list, or one of each core, whose edits hold its spin lock."""

    def __init__(self, context: KernelContext, files: OpenFileList, *, per_core: bool) -> None:
        self.hold_cycles = files.hold_cycles
        self.index = isa.R_CORE if per_core else isa.NONE
        self.lock = context.locks.spin_of_each_core() if per_core else context.locks.spin()

    def edit(self, asm: Assembler) -> None:
        """Emit adding or removing one file."""
        with asm.at(OpenFileList.key):
            self.lock.acquire(asm, self.index)
            asm.compute(self.hold_cycles)
            self.lock.release(asm, self.index)


@strategy(OpenFileList, "shared")
def shared(context: KernelContext, files: OpenFileList) -> LockedList:
    """one list under one spin lock."""
    return LockedList(context, files, per_core=False)


@strategy(OpenFileList, "per_core")
def per_core(context: KernelContext, files: OpenFileList) -> LockedList:
    """one list of each core, under its own lock."""
    return LockedList(context, files, per_core=True)
