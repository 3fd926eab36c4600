"""Shared last-level cache: the active cores of a package divide its capacity.

When the working sets of a package's active cores together exceed the cache, the part that does
not fit misses: with the replacement spreading the loss evenly, that is the share
1 - capacity / demand of the accesses to the working sets. A miss costs the latency of the node
that the memory lies on, by default the core's own, and the service of its controller, a cache
line's share of a page. Which cores are active
decides how many share a cache: this is why filling one package after another is slower than
dealing the cores out (OSDI'10 section 5.7), and why the difference vanishes when all are active.

Not modelled: the steps of a true miss curve, associativity, and prefetching.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.engine.isa import R_CORE
from sim.machine.memory import by_die
from sim.program.assembler import Assembler, Label
from sim.program.shares import SHARES

if TYPE_CHECKING:
    from sim.machine.memory import MemoryControllers
    from sim.machine.site import Site

OBJECT = "l3"
LINES_PER_PAGE = 64


def miss_fraction(working_set_kib: int, cores: int, capacity_kib: int) -> float:
    """Share of the accesses of `cores` working sets of one size that a cache cannot hold."""
    demand = working_set_kib * cores
    return max(0.0, 1.0 - capacity_kib / demand) if demand else 0.0


class SharedCache:
    """The third-level caches of a site's packages, under one working set per active core."""

    def __init__(
        self, asm: Assembler, site: Site, memory: MemoryControllers, working_set_kib: int
    ) -> None:
        self.memory = memory
        self.packages = site.packages
        self.line_cycles = site.hardware.memory.page_zero_cycles / LINES_PER_PAGE
        capacity = site.hardware.caches.l3.capacity_kib
        self.misses = {
            package: miss_fraction(working_set_kib, active, capacity)
            for package, active in Counter(site.packages).items()
        }
        self.latencies = asm.new_servers(site.cores)  # a core waits for its own misses alone

    def set_misses(self, asm: Assembler, core: int, misses: int) -> None:
        """Let a register hold the miss fraction of a core, in thousandths: once per thread."""
        fraction = self.misses[self.packages[core]]
        asm.emit(isa.SET, dst=misses, value=round(fraction * SHARES))

    def access(self, asm: Assembler, misses: int, lines: float) -> None:
        """Emit so many accesses to the working set; those that miss go to the local memory.

        Args:
            misses: register that `set_misses` has set.
            lines: accesses to the third-level cache.
        """
        with asm.at(OBJECT), asm.registers(1) as (cycles,):
            hit = Label()
            asm.branch(misses, isa.EQUAL, 0, hit)
            by_die(
                asm,
                [round(lines * latency / SHARES) for latency in self.memory.latencies],
                lambda each: self._multiply(asm, cycles, misses, each),
            )
            self._wait(asm, self.latencies, R_CORE, cycles)
            self._multiply(asm, cycles, misses, round(lines * self.line_cycles / SHARES))
            asm.emit(isa.SAMPLE, dst=cycles, source=cycles, target=EXPONENTIAL)
            with self.memory.own_node(asm) as node:
                self._wait(asm, self.memory.first, node, cycles)
            asm.place(hit)

    def _wait(self, asm: Assembler, first: int, index: int, cycles: int) -> None:
        """Queue for one of some servers, for as many cycles of service as a register holds."""
        asm.emit(
            isa.REQUEST, address=first, index=index, stride=1, source=cycles, cause=isa.C_MEMORY
        )

    def _multiply(self, asm: Assembler, product: int, misses: int, each: int) -> None:
        """Let a register hold cycles times the thousandths of another."""
        asm.emit(isa.SET, dst=product, value=0)
        asm.emit(isa.ADD, dst=product, source=misses, value=each)
