"""A dentry's reference count beside its spin lock (lockref): the last component of a path.

RCU-walk takes no reference to the components on the way (dentry.py), but one to the last: stat
takes it and drops it, and an open file keeps it. Tasks that ask for one file meet there; those that
ask for files of their own have a dentry each.

    compare_and_swap   Count and lock are one word, which is swapped for a changed one as long as
                       the lock in it is free; who fails tries again at once (swapped_count.py).
    spin_lock          The count is changed under the dentry's spin lock, as before Linux 3.12.

The name that a lookup compares is read by everybody. Where it lies (`layout`):

    beside_name   On the line of the count: each change of the count takes the line from those that
                  look the name up, and a lookup fetches it once more:

                      core 0   name  +1 ................. -1
                      core 1        line moves  name  line moves  +1

    apart         On a line of its own, which every core keeps (18a5daf0e497, Linux 6.11).

Not modelled: the pause before a next try (until 6.3), that the lock is taken after 100 failures,
hash chains, and renames.
Source: Linux 3.12 lib/lockref.c (bc08b449ee14), include/linux/dcache.h of 6.10 and 6.11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.objects.swapped_count import SwappedCount
from sim.kernel.table import Fix, KernelObject, strategy
from sim.settings import Count, Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

NAME = "dentry_name"


class Lockref(KernelObject):
    """The dentry of a path's last component, and its reference count (d_lockref)."""

    key: ClassVar[str] = "lockref"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "lockref_apart": Fix(
            "layout",
            "beside_name",
            "apart",
            "a dentry's reference count lies on another line than the name that lookups read",
        )
    }

    layout: Literal["beside_name", "apart"] = Field(
        description="where the reference count lies: on the line of the name, or on its own"
    )
    compare_cycles: Cycles = Field(description="finding the dentry by its name, lines at hand")
    pairs_per_open: Count = Field(
        description="references that are taken and dropped while a file is opened and closed"
    )


class LastDentry(Protocol):
    """The last dentry of a path: of one file, or of each core's own."""

    def look_up(self, asm: Assembler) -> None:
        """Emit finding it by its name."""

    def get(self, asm: Assembler) -> None:
        """Emit taking a reference to it."""

    def put(self, asm: Assembler) -> None:
        """Emit dropping a reference to it."""


@strategy(Lockref, "compare_and_swap")
class Swapped:
    """count and lock in one word, which is swapped."""

    def __init__(self, context: KernelContext, settings: Lockref) -> None:
        asm, self.settings = context.asm, settings
        one = context.population.one_file
        self.own, files = (isa.NONE, 1) if one else (R_CORE, context.site.cores)
        with asm.for_each_core(divided=not one):
            self.counter = SwappedCount(context, files)
            self.name = self.counter.word + 1
            if settings.layout == "apart":
                self.name = asm.new_lines(files, NAME)

    def look_up(self, asm: Assembler) -> None:
        """Emit finding it by its name."""
        with asm.at(NAME), asm.registers(1) as (name,):
            asm.emit(isa.LOAD, address=self.name, index=self.own, dst=name)
            asm.compute(self.settings.compare_cycles)

    def get(self, asm: Assembler) -> None:
        """Emit taking a reference to it."""
        with asm.at(Lockref.key):
            self.counter.acquire(asm, self.own)

    def put(self, asm: Assembler) -> None:
        """Emit dropping a reference to it."""
        with asm.at(Lockref.key):
            self.counter.release(asm, self.own)


@strategy(Lockref, "spin_lock")
class Locked(Swapped):
    """the count under the dentry's spin lock."""

    def __init__(self, context: KernelContext, settings: Lockref) -> None:
        super().__init__(context, settings)
        one = context.population.one_file
        self.lock = context.locks.spin() if one else context.locks.spin_of_each_core()

    def get(self, asm: Assembler) -> None:
        """Emit taking a reference to it."""
        self._add(asm, 1)

    def put(self, asm: Assembler) -> None:
        """Emit dropping a reference to it."""
        self._add(asm, -1)

    def _add(self, asm: Assembler, change: int) -> None:
        """Emit changing the count under the lock."""
        with asm.at(Lockref.key):
            self.lock.acquire(asm, self.own)
            asm.emit(isa.INCREMENT, address=self.counter.word, index=self.own, value=change)
            self.lock.release(asm, self.own)
