"""Groups of processes whose memory is limited together (memory cgroups, memcg).

A container's processes are a group, and so are those of a user's session. The workload says how
many groups its tasks are in (`groups`); task n is in group n modulo their number, so that each
group has tasks on all packages:

    task    0  1  2  3  4  5        three groups: 0 and 3 are in one, 1 and 4, 2 and 5

What a kernel keeps for each group apart, its tasks alone meet at: lists of pages by last use
(lru_lists.py), and how much memory the group uses. That is a word of the group and one of each
group that it is in, up to the one of all processes, which all tasks share:

    each_page   Every page is charged to those words when it is allocated, and uncharged when it is
                freed.
    batched     A core charges a batch at a time, and takes pages from it (memcg_stock; Linux
                2.6.33, cdec2e4265df). Pages of a large region are uncharged together
                (569b846df54f); a single page at once.

                    core 0   own own own charge [ batch ] own own own
                    core 1   own charge ... words move [ batch ] own own

Not modelled: a group's limit, and reclaim when it is reached; statistics of each kind of memory,
which have parts of each core with batches as well; and the kernel's own memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE, R_PACKAGE
from sim.kernel.objects.batched_count import BatchedCounts, in_turn
from sim.kernel.table import Fix, KernelObject, strategy
from sim.program.assembler import Label
from sim.settings import Count, PositiveCount

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

CHARGED_TO = "memory_group"


class MemoryGroup(KernelObject):
    """How much memory a group of processes uses (memcg)."""

    key: ClassVar[str] = "memory_group"
    choice: ClassVar[str] = "charging"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "batched_charges": Fix(
            "charging",
            "each_page",
            "batched",
            "cores charge their group of processes (memcg) for a batch of pages at a time",
        )
    }

    parents: Count = Field(
        description="groups that a group is in, the one of all processes included: their words are "
        "charged, too"
    )
    batch: PositiveCount = Field(description="pages that a core charges at a time")
    free_batch: PositiveCount = Field(
        description="pages of a large region that are uncharged together"
    )


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
    def own(self, asm: Assembler) -> Iterator[int]:
        """Emit finding the number of the core's own group; yields the register, NONE for one."""
        if self.number == 1:
            yield isa.NONE
            return
        with asm.registers(1) as (group,):
            self._own_group(asm, group)
            yield group

    @contextmanager
    def place(self, asm: Assembler) -> Iterator[int]:
        """Emit finding the own group's place on the core's own die; yields the register."""
        with self.own(asm) as place:
            if place == isa.NONE:
                yield R_PACKAGE
                return
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


@strategy(MemoryGroup, "each_page")
class ChargedByPage:
    """every page is charged, and uncharged, alone."""

    together = 1, 1

    def __init__(self, context: KernelContext, settings: MemoryGroup) -> None:
        self.groups = MemoryGroups(context, divided=True)
        self.local_cycles = context.settings(BatchedCounts).local_cycles
        self.words = context.asm.new_lines(self.groups.number, CHARGED_TO)
        self.above = [context.asm.new_lines(1, CHARGED_TO) for _ in range(settings.parents)]

    def charge(self, asm: Assembler) -> None:
        """Emit charging the own group for a page."""
        with asm.at(CHARGED_TO):
            asm.compute(self.local_cycles)
            self._change(asm, self.together[0])

    def uncharge(self, asm: Assembler) -> None:
        """Emit uncharging a page of a large region."""
        with asm.at(CHARGED_TO):
            self._change(asm, self.together[1])

    def uncharge_alone(self, asm: Assembler) -> None:
        """Emit uncharging a single page."""
        with asm.at(CHARGED_TO):
            self._change(asm, 1)

    def _change(self, asm: Assembler, pages: int) -> None:
        """Emit one page's turn in changing the group's word, and those of the groups above."""
        with in_turn(asm, pages):
            with self.groups.own(asm) as group:
                asm.emit(isa.FETCH_ADD, address=self.words, index=group, value=pages)
            for word in self.above:
                asm.emit(isa.FETCH_ADD, address=word, value=pages)


@strategy(MemoryGroup, "batched")
class ChargedInBatches(ChargedByPage):
    """cores charge a batch of pages, and take from it."""

    def __init__(self, context: KernelContext, settings: MemoryGroup) -> None:
        super().__init__(context, settings)
        self.together = settings.batch, settings.free_batch
