"""pedsort, the parallel indexer of Psearchy (OSDI'10 sections 3.6 and 5.7): one job at a time.

One core loads the list of files; then all cores fill their own hash tables, and take files from a
shared bag until it is empty: open, map a stream's buffer, read and sort words, unmap, close. The
sort works in memory that fits the shared cache of a package for a few cores, but not for six.

With `mode: threads` the cores run threads of one process, whose mmap_sem serialises mmap and
munmap, and which use the slower thread-safe functions of the C library; with `processes` an
address space each. Not modelled: writing the index to tmpfs, and that portions differ in size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import UNIFORM
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler, Label
from sim.settings import Count, Microseconds, PositiveCount, Share
from sim.workload.batch import Batch
from sim.workload.registry import lowers
from sim.workload.settings import MeasuredWorkload
from sim.workload.thinning import times_on_average

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class PedsortWorkload(MeasuredWorkload):
    """Psearchy's indexer (OSDI'10 sections 3.6 and 5.7): one operation is one indexing job."""

    batch: ClassVar[bool] = True

    kind: Literal["pedsort"]
    mode: Literal["threads", "processes"] = Field(
        description="what runs on the cores: threads of one process, or a process each"
    )
    simulated: Share = Field(description="share of each part of the job that is simulated")
    portions: PositiveCount = Field(
        description="equal portions of the files that cores take from the bag, one at a time"
    )
    files: PositiveCount = Field(description="input files")
    serial_us: Microseconds = Field(
        description="loading the list of files, while all other cores wait"
    )
    process_user_us: Microseconds = Field(
        description="user time per job at one core, its misses of the shared cache left out"
    )
    thread_user_us: Microseconds = Field(
        description="the same with the thread-safe functions of the C library"
    )
    working_set_kib: Count = Field(description="memory that a core sorts in at a time, in KiB")
    cache_lines: Annotated[int, Field(ge=0, le=1_000_000_000_000, strict=True)] = Field(
        description="accesses to the shared cache within the working set, per job"
    )
    table_pages: Count = Field(
        description="4 KiB pages of the hash table that each core fills from empty"
    )
    other_system_us: Microseconds = Field(
        description="system time per job at one core beside the modelled kernel objects"
    )
    mappings_per_file: Count = Field(description="regions mapped, touched and unmapped per file")

    @property
    def simulated_share(self) -> float:
        """Share of each part of the job that is simulated."""
        return self.simulated

    @property
    def user_us(self) -> float:
        """User time per job at one core without misses, in the chosen mode."""
        return self.thread_user_us if self.mode == "threads" else self.process_user_us


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


@lowers(PedsortWorkload)
def build(workload: PedsortWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the indexer on all active cores of a site."""
    asm = Assembler()
    asm.object_id("pedsort")
    return Pedsort(asm, workload, kernel, site).start("pedsort")
