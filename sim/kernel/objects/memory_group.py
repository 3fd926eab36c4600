"""Groups of processes whose memory is limited together (memory cgroups, memcg).

A container's processes are a group, and so are those of a user's session. The workload says how
many groups its tasks are in (`groups`); task n is in group n modulo their number, so that each
group has tasks on all packages:

    task    0  1  2  3  4  5        three groups: 0 and 3 are in one, 1 and 4, 2 and 5

What a kernel keeps for each group apart, its tasks alone meet at: lists of pages by last use
(lru_lists.py).

Not modelled: a group's limit, and reclaim when it is reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.isa import R_CORE, R_PACKAGE
from sim.program.assembler import Label

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler


class MemoryGroups:
    """Places of what exists on each die, or for each group on each die.

    Args:
        context: of the kernel.
        divided: whether each group has one on each die; otherwise all have one together.

    Attributes:
        number: groups that have one of their own.
        places: how many there are in all.
    """

    def __init__(self, context: KernelContext, *, divided: bool) -> None:
        cores = context.site.cores
        self.number = min(context.population.memory_groups, cores) if divided else 1
        self.alone = self.number == cores
        self.places = context.site.hardware.topology.dies * self.number

    @contextmanager
    def place(self, asm: Assembler) -> Iterator[int]:
        """Emit finding the own group's place on the core's own die; yields the register."""
        if self.number == 1:
            yield R_PACKAGE
            return
        with asm.registers(1) as (place,):
            self._own_group(asm, place)
            asm.emit(isa.ADD, dst=place, source=R_PACKAGE, value=self.number)
            yield place

    def _own_group(self, asm: Assembler, register: int) -> None:
        """Emit setting a register to the core's number modulo that of the groups."""
        asm.emit(isa.SET, dst=register, source=R_CORE)
        if self.alone:
            return
        top, found = Label(), Label()
        asm.place(top)
        asm.branch(register, isa.LESS, self.number, found)
        asm.emit(isa.SET, dst=register, source=register, value=-self.number)
        asm.jump(top)
        asm.place(found)
