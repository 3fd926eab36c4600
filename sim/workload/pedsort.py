"""pedsort, the parallel indexer of Psearchy (OSDI'10 sections 3.6 and 5.7): one job at a time.

One core loads the list of files; then all cores fill their own hash tables, and take files from a
shared bag until it is empty: open, map a stream's buffer, read and sort words, unmap, close. The
sort works in memory that fits the shared cache of a package for a few cores, but not for six.

With `mode: threads` the cores run threads of one process, whose mmap_sem serialises mmap and
munmap, and which use the slower thread-safe functions of the C library; with `processes` an
address space each. Not modelled: writing the index to tmpfs, and that portions differ in size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.quantiles import UNIFORM
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler, Label
from sim.workload.batch import Batch
from sim.workload.thinning import times_on_average

if TYPE_CHECKING:
    from sim.config.schema.workload.pedsort import PedsortWorkload
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site

LOCAL = 0.0  # share of page faults on other nodes: a core's tables lie in its own


class Pedsort(Batch):
    """The program's parts, for one workload on one kernel."""

    def __init__(
        self, asm: Assembler, workload: PedsortWorkload, kernel: KernelTable, site: Site
    ) -> None:
        population = Population(shared_address_space=workload.mode == "threads")
        calls = SystemCalls(asm, kernel, site, population)
        super().__init__(asm, calls, site, workload.working_set_kib)
        self.workload = workload

    def root(self, misses: int) -> None:
        """Emit a whole job, as the core that loads the list of files sees it."""
        asm = self.asm
        asm.emit(isa.BEGIN)
        asm.compute(self.site.work(self.workload.serial_us * self.workload.simulated_share))
        self.bag.fill(asm, self.workload.portions)
        self.work(misses)
        asm.emit(isa.END)

    def work(self, misses: int) -> None:
        """Emit what every core does: wait for the list, fill a table, index files."""
        asm, workload = self.asm, self.workload
        with asm.at("file_list"):
            self.gate.wait(asm)
        with asm.at("kernel", isa.SYSTEM):
            pages = round(workload.table_pages * workload.simulated_share)
            self.calls.touch_pages(asm, pages, LOCAL)
        empty = Label()
        again = asm.place()
        self.bag.take(asm, empty)
        self.index(misses)
        asm.jump(again)
        asm.place(empty)
        with asm.at("stragglers"):
            self.gate.wait(asm)

    def index(self, misses: int) -> None:
        """Emit indexing one portion of the files."""
        asm, workload = self.asm, self.workload
        part = workload.simulated_share / workload.portions
        user = self.site.work(workload.user_us * part)
        asm.emit(isa.COMPUTE_DRAWN, value=user, target=UNIFORM)
        self.cache.access(asm, misses, workload.cache_lines * part)
        with asm.at("kernel", isa.SYSTEM):
            asm.compute(self.site.work(workload.other_system_us * part))
            with times_on_average(asm, workload.files * part):
                self.calls.look_up_path(asm)
                self.calls.open_and_close(asm)
                with asm.repeat(workload.mappings_per_file):
                    self.calls.map_memory(asm)
                    self.calls.touch_pages(asm, 1, LOCAL)
                    self.calls.unmap_memory(asm)


def build(workload: PedsortWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the indexer on all active cores of a site."""
    asm = Assembler()
    asm.object_id("pedsort")
    return Pedsort(asm, workload, kernel, site).start("pedsort")
