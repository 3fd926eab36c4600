"""Directory entries on a path (dcache): comparison and reference count (OSDI'10 sections 4.3, 4.4).

Every lookup below / or the spool walks the same first components, so all cores touch the same few
dentries. Stock Linux takes each dentry's spin lock to compare its name and parent; PK
(`dentry_lock`) compares without the lock, guarded by a generation counter, and only reads the
line. The reference count is a mechanism of its own (reference_count.py). Not modelled: the
fallback to the lock when a dentry is being modified, and components that only one core uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.config.schema.kernel import Dentry
    from sim.kernel.linux.locks import KernelLocks
    from sim.kernel.linux.reference_count import ReferenceCount

OBJECT = "dentry"


class LockedComparison:
    """Stock: compare under the dentry's spin lock."""

    def __init__(self, asm: Assembler, dentry: Dentry, locks: KernelLocks) -> None:
        self.hold_cycles = dentry.hold_cycles
        self.lock = locks.spin(asm, dentry.shared_components)

    def compare(self, asm: Assembler, index: int) -> None:
        """Emit the comparison with the dentry whose number is in a register."""
        self.lock.acquire(asm, index)
        asm.compute(self.hold_cycles)
        self.lock.release(asm, index)


class LockFreeComparison:
    """PK (`dentry_lock`): read the generation, the fields, and the generation again."""

    def __init__(self, asm: Assembler, dentry: Dentry) -> None:
        self.cycles = dentry.lock_free_cycles
        with asm.for_each_core():
            self.generation = asm.new_lines(dentry.shared_components)

    def compare(self, asm: Assembler, index: int) -> None:
        """Emit the comparison with the dentry whose number is in a register."""
        with asm.registers(1) as (generation,):
            asm.emit(isa.LOAD, address=self.generation, index=index, dst=generation)
            asm.compute(self.cycles)


class Dentries:
    """The dentries that every path shares."""

    def __init__(
        self,
        dentry: Dentry,
        comparison: LockedComparison | LockFreeComparison,
        references: ReferenceCount,
    ) -> None:
        self.components = dentry.shared_components
        self.comparison = comparison
        self.references = references

    def walk(self, asm: Assembler) -> None:
        """Emit the walk over the shared components: compare, take and drop a reference of each."""
        with asm.at(OBJECT), asm.registers(1) as (component,):
            for number in range(self.components):
                asm.emit(isa.SET, dst=component, value=number)
                self.comparison.compare(asm, component)
                self.references.get(asm, component)
            for number in range(self.components):
                asm.emit(isa.SET, dst=component, value=number)
                self.references.put(asm, component)
