"""Reference counts of kernel objects: one shared atomic word, or a sloppy counter.

Stock Linux counts references to a dentry or a mount with one atomic word, whose line moves to
every core that takes or drops one. PK (`dentry_refcount`, `vfsmount_refcount`) makes them sloppy
counters: a core reuses its own spare references and leaves the shared line alone (OSDI'10 4.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.program.assembler import Assembler
from sim.sync.shared_counter import SharedCounter
from sim.sync.sloppy_counter import SloppyCounter

if TYPE_CHECKING:
    from sim.config.schema.kernel import SloppyCounter as SloppySettings


class ReferenceCount:
    """Reference counts of `count` objects, charged to `name`."""

    def __init__(
        self,
        asm: Assembler,
        name: str,
        cores: int,
        count: int,
        sloppy: SloppySettings | None,
    ) -> None:
        self.name = name
        self.local_cycles = sloppy.local_cycles if sloppy else 0
        with asm.for_each_core(sloppy is not None):
            self.counter: SharedCounter | SloppyCounter = (
                SloppyCounter(asm, cores, sloppy.threshold, count)
                if sloppy
                else SharedCounter(asm, count)
            )

    def get(self, asm: Assembler, index: int) -> None:
        """Emit taking a reference to the object whose number is in a register."""
        with asm.at(self.name):
            asm.compute(self.local_cycles)
            self.counter.acquire(asm, index)

    def put(self, asm: Assembler, index: int) -> None:
        """Emit dropping a reference to the object whose number is in a register."""
        with asm.at(self.name):
            asm.compute(self.local_cycles)
            self.counter.release(asm, index)
