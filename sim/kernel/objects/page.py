"""Page faults on fresh memory: the page's own structure (struct page), and the fault itself.

The kernel allocates a page, lets the memory controller fill it, and maps it.

    falsely_shared   Reference count and flags of struct page lie beside read-mostly fields, on
                     lines that other cores' faults wrote, and each fault fetches some of them again
                     (OSDI'10 section 4.6).

                         core 0   fault [ write count ]
                         core 1   fault ....... read fields: line moves

    separated        The read-mostly fields have lines of their own, which every core keeps.

A kernel that describes them has a page allocator (page_allocator.py) and lists by last use
(lru_lists.py), from which each page comes and to which it is added, a group of processes that is
charged for it (memory_group.py), and a count of the address space's pages (resident_pages.py).

Not modelled: pages that are not fresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.kernel.objects.lru_lists import Drained, LruLists
from sim.kernel.objects.memory_group import ChargedByPage, MemoryGroup
from sim.kernel.objects.page_allocator import Allocator, PageAllocator
from sim.kernel.objects.resident_pages import InOneWord, ResidentPages
from sim.kernel.table import Fix, KernelObject, strategy
from sim.settings import Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

BYTES = 4096
CHARGED_TO = "page_fault"


class PageFault(KernelObject):
    """One 4 KiB page fault in a private address space."""

    key: ClassVar[str] = "page_fault"

    cycles: Cycles = Field(description="cost beside the memory controller's service, in cycles")


class PageStruct(KernelObject):
    """struct page: reference count and flags beside read-mostly fields (false sharing)."""

    key: ClassVar[str] = "page_struct"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "page_false_sharing": Fix(
            "sharing",
            "falsely_shared",
            "separated",
            "read-mostly fields of struct page get a cache line of their own",
        )
    }

    lines_per_fault: Annotated[float, Field(ge=0, le=1000)] = Field(
        description="lines of struct page refetched per page fault because of false sharing"
    )


@strategy(PageStruct, "falsely_shared")
def falsely_shared(context: KernelContext, page: PageStruct) -> float:
    """fields that faults write lie on lines of those that they read."""
    return page.lines_per_fault


@strategy(PageStruct, "separated")
def separated(context: KernelContext, page: PageStruct) -> float:
    """read-mostly fields have lines of their own, which every core keeps."""
    return 0.0


class PageFaults:
    """The page-fault path."""

    def __init__(self, context: KernelContext) -> None:
        self.context = context
        self.cycles = context.settings(PageFault).cycles
        self.zero_cycles = context.site.hardware.memory.page_zero_cycles
        self.refetched: float = context.make(PageStruct)
        self.memory = context.memory
        self.allocator: Allocator | None = self._described(PageAllocator)
        self.lru: Drained | None = self._described(LruLists)
        self.group: ChargedByPage | None = self._described(MemoryGroup)
        self.resident: InOneWord | None = self._described(ResidentPages)

    def _described(self, of: type[KernelObject]) -> Any:
        """An object, if the kernel describes it."""
        return self.context.make(of) if self.context.table.has(of) else None

    def fault(self, asm: Assembler, faults: int, remote: float) -> None:
        """Emit some faults in a row, on the core's own node or, with some probability, on any.

        Where `memory.policy` says on which nodes memory lies, each is on one of those.
        """
        with asm.registers(1) as (node,):
            with asm.at(CHARGED_TO):
                if self.memory.local:  # faults in a row are on one node
                    self.memory.choose_node(asm, node, remote)
                with asm.repeat(faults):
                    if not self.memory.local:
                        self.memory.choose_own_node(asm, node)
                    self.allocate(asm)
                    self.count(asm)
                    asm.emit(isa.COMPUTE, value=self.cycles)
                    self.memory.serve(asm, node, self.zero_cycles)
                    self.memory.fetch_from_afar(asm, BYTES)
            with asm.at(PageStruct.key):
                self.context.fetch_lines(asm, round(faults * self.refetched))

    def map_zeros(self, asm: Assembler) -> None:
        """Emit a fault that maps the page of zeros, which all share: nothing is allocated."""
        with asm.at(CHARGED_TO):
            asm.emit(isa.COMPUTE, value=self.cycles)

    def allocate(self, asm: Assembler) -> None:
        """Emit taking a page from the allocator, and adding it to the lists by last use."""
        if self.allocator is not None:
            self.allocator.move(asm)
        if self.group is not None:
            self.group.charge(asm)
        if self.lru is not None:
            self.lru.add(asm)

    def count(self, asm: Assembler) -> None:
        """Emit counting a page that has been mapped."""
        if self.resident is not None:
            self.resident.add(asm)

    def free(self, asm: Assembler) -> None:
        """Emit giving back a page of a large region, all of which is unmapped."""
        if self.resident is not None:
            self.resident.remove(asm)
        if self.group is not None:
            self.group.uncharge(asm)
        if self.lru is not None:
            self.lru.remove(asm)
        if self.allocator is not None:
            self.allocator.move(asm)

    def free_alone(self, asm: Assembler) -> None:
        """Emit giving back the one page of a region that is unmapped."""
        if self.resident is not None:
            self.resident.remove_alone(asm)
        if self.group is not None:
            self.group.uncharge_alone(asm)
        if self.lru is not None:
            self.lru.remove_alone(asm)
        if self.allocator is not None:
            self.allocator.move(asm)
