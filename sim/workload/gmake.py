"""gmake, a parallel build of the Linux kernel (OSDI'10 sections 3.5 and 5.6): one build at a time.

Make reads its files and builds what comes first on one core (serial stage), keeps every core busy
with compilations while there are any, and links the result on one core. Compilations differ in
length (exponentially, the work of a build being the same every time), so cores idle at the end for
the last ones, the stragglers. A compilation is a sequence of bursts of user work and of the
kernel's: path lookups and opens of headers, page faults, and the processes that it creates.

A core runs one compilation at a time: make's second one per core (-j twice the cores) fills waits
for a disk, and sources and output lie in memory. Not modelled: make's own work for each
compilation, dependencies between directories, and moving processes between cores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
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


Lines = Annotated[int, Field(ge=0, le=1_000_000_000_000, strict=True)]


class GmakeWorkload(MeasuredWorkload):
    """Parallel build of Linux (OSDI'10 sections 3.5 and 5.6): one operation is one build."""

    batch: ClassVar[bool] = True

    kind: Literal["gmake"]
    simulated: Share = Field(
        description="share of each compilation and of each serial stage that is simulated"
    )
    compilations: PositiveCount = Field(description="files compiled per build")
    bursts: PositiveCount = Field(
        description="equal parts of a compilation of mean length; long ones have more"
    )
    start_us: Microseconds = Field(description="serial stage before the first compilation")
    link_us: Microseconds = Field(description="serial stage after the last compilation")
    user_us: Microseconds = Field(
        description="user time per build at one core beside the serial stages"
    )
    other_system_us: Microseconds = Field(
        description="system time per build at one core beside the modelled kernel objects"
    )
    working_set_kib: Count = Field(description="memory that a compiler works in, in KiB")
    user_cache_lines: Lines = Field(
        description="accesses of user code to the shared cache within the working set, per build"
    )
    system_cache_lines: Lines = Field(
        description="accesses of the kernel to the shared cache within the working set, per build"
    )
    user_lines: Lines = Field(
        description="lines of user memory last written by another core, per build"
    )
    forks: Count = Field(description="forks (and exits) per compilation")
    path_lookups: Count = Field(description="path names resolved per compilation")
    opens: Count = Field(description="files opened per compilation")
    page_faults: Count = Field(description="4 KiB page faults per compilation")

    @property
    def simulated_share(self) -> float:
        """Share of each compilation and serial stage that is simulated."""
        return self.simulated


LOCAL = 0.0  # share of page faults on other nodes: a compiler's memory lies in its own
UNIT = 1 << 10  # resolution of a compilation's length in bursts


class Build(Batch):
    """The build's parts, for one workload on one kernel."""

    def __init__(
        self, asm: Assembler, workload: GmakeWorkload, kernel: KernelTable, site: Site
    ) -> None:
        super().__init__(asm, SystemCalls(asm, kernel, site), site, workload.working_set_kib)
        self.workload = workload

    def root(self, misses: int) -> None:
        """Emit a whole build, as the core that runs its serial stages sees it."""
        asm, workload = self.asm, self.workload
        asm.emit(isa.BEGIN)
        asm.compute(self.site.work(workload.start_us * workload.simulated_share))
        self.bag.fill(asm, workload.compilations * workload.bursts * UNIT)
        self.work(misses)
        asm.compute(self.site.work(workload.link_us * workload.simulated_share))
        asm.emit(isa.END)

    def work(self, misses: int) -> None:
        """Emit what every core does: wait for the serial stage, and compile while there is work."""
        asm = self.asm
        with asm.at("serial_stage"):
            self.gate.wait(asm)
        with asm.registers(1) as (length,):
            empty = Label()
            again = asm.place()
            mean = self.workload.bursts * UNIT
            asm.emit(isa.SAMPLE, dst=length, value=mean, target=EXPONENTIAL)
            self.bag.take_sized(asm, length, empty)
            self.compile(length, misses)
            asm.jump(again)
            asm.place(empty)
        with asm.at("stragglers"):
            self.gate.wait(asm)

    def compile(self, length: int, misses: int) -> None:
        """Emit a compilation whose length is in a register: bursts, to the nearest number."""
        asm = self.asm
        done = Label()
        asm.emit(isa.SET, dst=length, source=length, value=-UNIT // 2)
        top = asm.place()
        asm.branch(length, isa.LESS, 1, done)
        self.burst(misses)
        asm.emit(isa.SET, dst=length, source=length, value=-UNIT)
        asm.jump(top)
        asm.place(done)

    def burst(self, misses: int) -> None:
        """Emit one burst of a compilation."""
        asm, workload, site = self.asm, self.workload, self.site
        part = workload.simulated_share / workload.bursts  # of a compilation
        whole = part / workload.compilations  # of the build
        user = site.work(workload.user_us * whole)
        asm.compute(user)
        asm.emit(isa.BULK, value=round(workload.user_lines * whole))
        self.cache.access(asm, misses, workload.user_cache_lines * whole)
        with asm.at("kernel", isa.SYSTEM):
            system = site.work(workload.other_system_us * whole)
            asm.compute(system)
            self.cache.access(asm, misses, workload.system_cache_lines * whole)
            with times_on_average(asm, workload.page_faults * part):
                self.calls.touch_pages(asm, 1, LOCAL)
            with times_on_average(asm, workload.path_lookups * part):
                self.calls.look_up_path(asm)
            with times_on_average(asm, workload.opens * part):
                self.calls.open_and_close(asm)
            with times_on_average(asm, workload.forks * part):
                self.calls.fork_and_exit(asm)


@lowers(GmakeWorkload)
def build(workload: GmakeWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the build on all active cores of a site."""
    asm = Assembler()
    asm.object_id("gmake")
    return Build(asm, workload, kernel, site).start("gmake")
