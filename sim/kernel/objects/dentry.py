"""Directory entries on a path (dcache): comparison and reference count (OSDI'10 sections 4.3, 4.4).

Every lookup below / or the spool walks the same first components, so all cores touch the same few
dentries. Each is compared by name and parent, and a reference to it is taken and dropped.

    locked       Compare under the dentry's spin lock: the name cannot change meanwhile, and the
                 lock's line moves from core to core.

                     core 0   lock [ compare ] unlock
                     core 1   lock ........... line moves [ compare ] unlock

    generation   Read the generation counter, the fields, and the counter again: if it changed, take
                 the lock after all. Readers only read, and each keeps a copy of the line.

                     core 0   read [ compare ] read
                     core 1   read [ compare ] read

Reference counts are a mechanism of their own (reference_count.py).

Not modelled: the fallback to the lock while a dentry is being modified, and components that only
one core uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Protocol

from pydantic import Field

from sim.engine import isa
from sim.kernel.objects.reference_count import Counting, ReferenceCount
from sim.kernel.table import Fix, KernelObject, strategy
from sim.settings import Count, Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler


class Dentry(KernelObject):
    """Directory entries on the way of a path lookup."""

    key: ClassVar[str] = "dentry"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "dentry_refcount": Fix(
            "references", "shared", "sloppy", "dentry reference counts become sloppy counters"
        ),
        "dentry_lock": Fix(
            "sharing",
            "locked",
            "generation",
            "dentries are compared without their spin lock (generation counter)",
        ),
    }

    references: Counting = Field(
        description="how cores share a dentry's reference count: one atomic word, or sloppy"
    )
    hold_cycles: Cycles = Field(description="cycles from acquisition to release, uncontended")
    lock_free_cycles: Cycles = Field(description="comparison with the generation counter (PK)")
    shared_components: Count = Field(
        description="components of a path whose dentries all cores share (/, var, spool ...)"
    )


class Comparison(Protocol):
    """A way to compare a dentry's name and parent with those that are looked for."""

    def compare(self, asm: Assembler, index: int) -> None:
        """Emit the comparison with the dentry whose number is in a register."""


@strategy(Dentry, "locked")
class LockedComparison:
    """compare under the dentry's spin lock."""

    def __init__(self, context: KernelContext, dentry: Dentry) -> None:
        self.hold_cycles = dentry.hold_cycles
        self.lock = context.locks.spin(dentry.shared_components)

    def compare(self, asm: Assembler, index: int) -> None:
        """Emit the comparison with the dentry whose number is in a register."""
        self.lock.acquire(asm, index)
        asm.compute(self.hold_cycles)
        self.lock.release(asm, index)


@strategy(Dentry, "generation")
class LockFreeComparison:
    """read the generation counter, the fields, and the counter again."""

    def __init__(self, context: KernelContext, dentry: Dentry) -> None:
        self.cycles = dentry.lock_free_cycles
        with context.asm.for_each_core():
            self.generation = context.asm.new_lines(dentry.shared_components)

    def compare(self, asm: Assembler, index: int) -> None:
        """Emit the comparison with the dentry whose number is in a register."""
        with asm.registers(1) as (generation,):
            asm.emit(isa.LOAD, address=self.generation, index=index, dst=generation)
            asm.compute(self.cycles)


class Dentries:
    """The dentries that every path shares."""

    def __init__(self, context: KernelContext) -> None:
        settings = context.settings(Dentry)
        self.context, self.components = context, settings.shared_components
        self.references = ReferenceCount(
            context, "dentry_refcount", settings.references, self.components
        )

    @cached_property
    def comparison(self) -> Comparison:
        """How a walk compares them."""
        made: Comparison = self.context.make(Dentry)
        return made

    def walk(self, asm: Assembler) -> None:
        """Emit the walk over the shared components: compare, take and drop a reference of each."""
        with asm.at(Dentry.key), asm.registers(1) as (component,):
            for number in range(self.components):
                asm.emit(isa.SET, dst=component, value=number)
                self.comparison.compare(asm, component)
                self.references.get(asm, component)
            for number in range(self.components):
                asm.emit(isa.SET, dst=component, value=number)
                self.references.put(asm, component)
