"""Reference counts of kernel objects: who holds a dentry, a mount, a route, a page of memory.

    shared   One atomic word. Exact at any time; its line moves to every core that counts:

                 core 0   +1 ............ -1
                 core 1        line moves    line moves +1

    compare_and_swap
             One word that is read, and swapped for its sum unless another core has been faster
             (compare_swap_counter.py): what a count needs that must not rise from zero, and a
             dentry's lockref. Cores that fail fetch the line for nothing.
    inc_not_zero
             The same, tried again at once, while the line is at hand (swapped_count.py): dropping a
             reference is one atomic add.
    rcuref   One atomic word again: a count whose dead values are a zone of their own needs no
             look at it first, and every update is one atomic add (bc9d3a9f2afc, Linux 6.4).
    uncounted
             No reference at all: the object cannot go while a path is walked (RCU-walk, Linux
             2.6.38), and its users on the way write nothing.
    per_core One word on each core, of an object that each core has for itself: output routes, of
             which the next hop keeps one for each CPU (nh_pcpu_rth_output, Linux 3.6).
    sloppy   A central count and spare references of each core (OSDI'10 section 4.3). Exact only
             when all spares are given back, which is when an object dies. A core reuses its own
             spares, and touches the central line only when it has none, or too many:

                 core 0   own +1   own -1
                 core 1   own +1   own -1

             It costs a word of each core for every object, and more where the exact count is asked.

Not modelled: giving spares back when the object is destroyed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from sim.engine.isa import R_CORE
from sim.kernel.objects.swapped_count import IncNotZero
from sim.kernel.table import KernelObject
from sim.settings import Count, Cycles
from sim.sync.compare_swap_counter import CompareSwapCounter
from sim.sync.shared_counter import SharedCounter
from sim.sync.sloppy_counter import SloppyCounter

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

Counting = Literal[
    "shared", "compare_and_swap", "inc_not_zero", "rcuref", "uncounted", "per_core", "sloppy"
]

Counter = SharedCounter | CompareSwapCounter | SloppyCounter
OF_ONE_WORD: dict[str, type[SharedCounter] | type[CompareSwapCounter]] = {
    "shared": SharedCounter,
    "compare_and_swap": CompareSwapCounter,
    "rcuref": SharedCounter,
}


class SloppyCounters(KernelObject):
    """Sloppy counter (OSDI'10 section 4.3)."""

    key: ClassVar[str] = "sloppy_counter"

    threshold: Count = Field(description="spare references a core keeps before it returns them")
    local_cycles: Cycles = Field(description="instructions of one update served by the local count")


class ReferenceCount:
    """Reference counts of `count` objects, charged to `name`.

    Args:
        context: of the kernel.
        name: object of the account.
        counting: how cores share each count.
        count: objects, of which an index names one.
    """

    def __init__(
        self, context: KernelContext, name: str, counting: Counting, count: int = 1
    ) -> None:
        self.name, self.count = name, count
        asm, self.local_cycles = context.asm, 0
        self.counter: Counter | None = None
        self.own = counting == "per_core"
        if counting == "uncounted":
            return
        if self.own:
            with asm.for_each_core():
                self.counter = SharedCounter(asm, context.site.cores)
            return
        if counting == "inc_not_zero":
            self.counter = IncNotZero(context, count)
            return
        if counting != "sloppy":
            self.counter = OF_ONE_WORD[counting](asm, count)
            return
        settings = context.settings(SloppyCounters)
        self.local_cycles = settings.local_cycles
        with asm.for_each_core():
            self.counter = SloppyCounter(asm, context.site.cores, settings.threshold, count)

    def get(self, asm: Assembler, index: int) -> None:
        """Emit taking a reference to the object whose number is in a register.

        Raises:
            ValueError: there is no such object.
        """
        if not self.count:
            raise ValueError(f"{self.name}: of these objects there are 0; allowed here: 1 or more")
        if self.counter is None:
            return
        with asm.at(self.name):
            asm.compute(self.local_cycles)
            self.counter.acquire(asm, R_CORE if self.own else index)

    def put(self, asm: Assembler, index: int) -> None:
        """Emit dropping a reference to the object whose number is in a register."""
        if self.counter is None:
            return
        with asm.at(self.name):
            asm.compute(self.local_cycles)
            self.counter.release(asm, R_CORE if self.own else index)
