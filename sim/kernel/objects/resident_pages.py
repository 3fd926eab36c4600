"""How many pages an address space has in memory (rss), which faults and unmappings change.

    shared       Each fault adds to one word of the address space.
    per_thread   Each thread counts its own faults, and adds them to that word after so many
                 (SPLIT_RSS_COUNTING, Linux 2.6.34). What is unmapped is taken from the word at
                 once, and the thread's own faults are added before: whoever maps, touches and
                 unmaps a single page changes the word twice.
    batched      Each core counts what is mapped and unmapped, and goes to the word when that has
                 come to a batch (batched_count.py; f1a7941243c1, Linux 6.2). Who maps and unmaps a
                 single page never does.

                     per_thread   thread 0   own +1 ....... unmap: word +1, word -1
                     batched      core 0     own +1 ....... unmap: own -1

Pages of a large region are unmapped a table of pages at a time, and counted together. A process
that one core alone runs has a word for itself, and meets nobody.

Not modelled: counts of pages of files, of swap and of shared memory apart; super-pages; and what it
costs to make and to end such a count, a part for each core, with every process (fork is said to
have become slower by it).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.objects.batched_count import BatchedCounts, in_turn
from sim.kernel.table import Fix, KernelObject, strategy
from sim.settings import PositiveCount

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

CHARGED_TO = "resident_pages"


class ResidentPages(KernelObject):
    """Count of the pages that an address space has in memory (rss)."""

    key: ClassVar[str] = "resident_pages"
    choice: ClassVar[str] = "counter"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "batched_resident_pages": Fix(
            "counter",
            "per_thread",
            "batched",
            "cores count what is mapped and unmapped in batches, instead of threads their faults",
            alone=True,
        )
    }

    batch: PositiveCount = Field(
        description="faults that a thread, or changes that a core, keeps to itself"
    )
    unmap_batch: PositiveCount = Field(
        description="pages of a large region whose unmapping is counted together"
    )


@strategy(ResidentPages, "shared")
class InOneWord:
    """every fault changes one word."""

    faults_together = 1

    def __init__(self, context: KernelContext, settings: ResidentPages) -> None:
        self.settings = settings
        self.local_cycles = context.settings(BatchedCounts).local_cycles
        self.own = isa.NONE if context.population.shared_address_space else R_CORE
        with context.asm.for_each_core(self.own != isa.NONE):
            count = 1 if self.own == isa.NONE else context.site.cores
            self.word = context.asm.new_lines(count, "resident_pages")

    def add(self, asm: Assembler) -> None:
        """Emit counting a page that has been mapped."""
        with asm.at(CHARGED_TO), in_turn(asm, self.faults_together):
            self.change_word(asm)

    def remove(self, asm: Assembler) -> None:
        """Emit a page's share of counting those of a large region that are unmapped."""
        with asm.at(CHARGED_TO), in_turn(asm, self.settings.unmap_batch):
            self.change_word(asm)

    def remove_alone(self, asm: Assembler) -> None:
        """Emit counting a single page that is unmapped."""
        with asm.at(CHARGED_TO):
            self.change_word(asm)

    def change_word(self, asm: Assembler) -> None:
        """Emit one change of the address space's word."""
        asm.emit(isa.FETCH_ADD, address=self.word, index=self.own, value=1)


@strategy(ResidentPages, "per_thread")
class InThreads(InOneWord):
    """threads count their faults, and add them up after so many."""

    def __init__(self, context: KernelContext, settings: ResidentPages) -> None:
        super().__init__(context, settings)
        self.faults_together = settings.batch

    def add(self, asm: Assembler) -> None:
        """Emit counting a page in the thread's own count."""
        with asm.at(CHARGED_TO):
            asm.compute(self.local_cycles)
        super().add(asm)

    def remove_alone(self, asm: Assembler) -> None:
        """Emit adding the thread's own count, and taking the page from the word."""
        with asm.at(CHARGED_TO):
            self.change_word(asm)
            self.change_word(asm)


@strategy(ResidentPages, "batched")
class InBatches(InThreads):
    """cores count what is mapped and unmapped, and add it up in batches."""

    def remove_alone(self, asm: Assembler) -> None:
        """Emit taking the page from the core's own count, which it was added to."""
        with asm.at(CHARGED_TO):
            asm.compute(self.local_cycles)
