"""Per-super-block list of open files (OSDI'10 section 4.5).

Linux keeps all open files of a file system on a list, to know whether it can be remounted
read-only; open and close edit it. Stock: one list under one spin lock. PK (`open_file_list`): one
list per core; a file closed on another core than it was opened on would lock that core's list,
which is rare and not modelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.config.schema.kernel import Hold
    from sim.kernel.linux.locks import KernelLocks

OBJECT = "open_file_list"


class OpenFileList:
    """One list (stock) or one per core (PK), each under its spin lock."""

    def __init__(
        self, asm: Assembler, settings: Hold, locks: KernelLocks, *, per_core: bool
    ) -> None:
        self.hold_cycles = settings.hold_cycles
        self.index = R_CORE if per_core else isa.NONE
        self.lock = locks.spin_for_each_core(asm, per_core)

    def edit(self, asm: Assembler) -> None:
        """Emit adding or removing one file."""
        with asm.at(OBJECT):
            self.lock.acquire(asm, self.index)
            asm.compute(self.hold_cycles)
            self.lock.release(asm, self.index)
