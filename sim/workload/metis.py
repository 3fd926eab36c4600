"""Metis, a MapReduce library, building an inverted index (OSDI'10 sections 3.7 and 5.8).

One operation is a whole job, by one process with a thread per core:

- start: the root thread alone; the others sleep;
- map: every core parses its part of the text (user work without sharing), and then copies the
  pairs that it found into larger arrays on fresh memory. The words are random and equally
  frequent, so that all arrays outgrow their memory together; this is where the page faults are;
- reduce: every core streams the pairs of its words from the nodes of all cores.

Phases end at barriers, at which threads spin. With 4 KiB pages, copying is limited by mmap_sem,
whose line every fault writes; with super-pages by the DRAM controllers. Page walks stretch user
work on 4 KiB pages, and shorten how long a stream can wait.

Only a share of the job is simulated: all counts and times shrink in proportion, and a core starts
its first super-page at a random place, so that it takes its share of them over many jobs.

Not modelled: dynamic assignment of map tasks (every core gets an equal part), the merge phase, and
the text's own placement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.kernel.objects.page import BYTES as PAGE_BYTES
from sim.kernel.objects.super_page import BYTES as SUPER_PAGE_BYTES
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler, Label
from sim.settings import Count, PositiveCount, Share
from sim.sync.barrier import Barrier
from sim.workload.registry import lowers
from sim.workload.settings import MeasuredWorkload

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class MetisWorkload(MeasuredWorkload):
    """Metis, a MapReduce library (OSDI'10 sections 3.7 and 5.8): one operation is a whole job."""

    batch: ClassVar[bool] = True

    kind: Literal["metis"]
    pages: Literal["4KB", "2MB"] = Field(description="size of the pages of fresh memory")
    map_user_ms: Count = Field(
        description="user time of the map phase on super-pages before it copies, in ms per job"
    )
    copy_user_ms: Count = Field(
        description="user time on super-pages between the pages that it copies, in ms per job"
    )
    other_system_ms: Count = Field(
        description="system time beside page faults, in milliseconds per job"
    )
    serial_ms: Count = Field(description="start of a job on one core, in milliseconds")
    small_page_slowdown: Annotated[float, Field(ge=1.0, le=100.0)] = Field(
        description="user time on 4 KiB pages over that on super-pages, at one core"
    )
    fresh_mib: PositiveCount = Field(description="fresh memory that a job touches, in MiB")
    moves_per_fresh_byte: Annotated[int, Field(ge=0, le=100, strict=True)] = Field(
        description="bytes moved from or to DRAM when one byte is copied into fresh memory"
    )
    reduce_mib: PositiveCount = Field(
        description="bytes that the reduce phase moves from or to DRAM, in MiB per job"
    )
    simulated_4kb: Share = Field(description="share of a job that is simulated with 4 KiB pages")
    simulated_2mb: Share = Field(description="share of a job that is simulated with super-pages")

    @property
    def simulated_share(self) -> float:
        """Share of a job that is simulated; every phase shrinks in proportion."""
        return self.simulated_4kb if self.pages == "4KB" else self.simulated_2mb

    @property
    def slowdown(self) -> float:
        """User time over that on super-pages."""
        return self.small_page_slowdown if self.pages == "4KB" else 1.0


OBJECT = "metis"
DRAM = "dram"
MIB = 1 << 20
CHUNK_BYTES = 32768  # streamed in one request


class Job:
    """The phases of a job, as every core runs them."""

    def __init__(
        self, asm: Assembler, workload: MetisWorkload, kernel: KernelTable, site: Site
    ) -> None:
        self.workload = workload
        self.site = site
        self.calls = SystemCalls(asm, kernel, site, Population(shared_address_space=True))
        self.share = workload.simulated_share / site.cores

    def cycles(self, milliseconds: float) -> int:
        """Cycles of one core's share of a time, as simulated."""
        return self.site.work(milliseconds * 1e3 * self.share)

    def map(self, asm: Assembler, touched: int) -> None:
        """Parse the text; copy the pairs into fresh memory, of which a register counts bytes."""
        work = self.workload
        with asm.at(OBJECT, isa.USER):
            asm.compute(self.cycles(work.map_user_ms * work.slowdown))
        with asm.at("kernel", isa.SYSTEM):
            asm.compute(self.cycles(work.other_system_ms))
        fresh = work.fresh_mib * MIB * self.share
        if work.pages == "4KB":
            with asm.repeat(round(fresh / PAGE_BYTES)):
                with asm.at("kernel", isa.SYSTEM):
                    self.calls.touch_pages(asm, 1, remote=0.0)
                self.copy(asm, PAGE_BYTES)
        else:
            step = CHUNK_BYTES // max(work.moves_per_fresh_byte, 1)
            with asm.repeat(round(fresh / step)):
                enough = Label()
                asm.emit(isa.SET, dst=touched, source=touched, value=step)
                asm.branch(touched, isa.LESS, SUPER_PAGE_BYTES, enough)
                asm.emit(isa.SET, dst=touched, source=touched, value=-SUPER_PAGE_BYTES)
                with asm.at("kernel", isa.SYSTEM):
                    self.calls.touch_super_page(asm)
                asm.place(enough)
                self.copy(asm, step)

    def copy(self, asm: Assembler, size: int) -> None:
        """Copy so many bytes within memory that the core touched first."""
        moved = size * self.workload.moves_per_fresh_byte
        work = self.workload.copy_user_ms * self.workload.slowdown * 1e3
        with asm.at(OBJECT, isa.USER):
            asm.compute(self.site.work(work * size / (self.workload.fresh_mib * MIB)))
        with asm.at(DRAM, isa.USER):
            self.calls.stream.transfer_own(asm, moved, self.workload.slowdown)

    def reduce(self, asm: Assembler) -> None:
        """Stream the pairs of the core's words from the nodes of all cores."""
        chunks = round(self.workload.reduce_mib * MIB * self.share / CHUNK_BYTES)
        stream, latency = self.calls.stream, self.site.mean_memory_latency
        alone = round(stream.core_cycles(CHUNK_BYTES, latency) * self.workload.slowdown)
        with asm.at(DRAM, isa.USER), asm.registers(1) as (node,), asm.repeat(chunks):
            stream.memory.choose_touched_node(asm, node, self.site.dies)
            stream.transfer(asm, node, CHUNK_BYTES, alone)


@lowers(MetisWorkload)
def build(workload: MetisWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the library on all active cores of a site."""
    asm = Assembler()
    asm.object_id(OBJECT)
    job = Job(asm, workload, kernel, site)
    started = asm.new_lines(1, "job")
    mapped, reduced = (Barrier(asm, site.cores, sleeping=False) for _ in range(2))
    with asm.at(OBJECT, isa.USER), asm.registers(2) as (touched, number):
        phases, parked, root = Label(), Label(), Label()
        worker = asm.place()
        asm.emit(isa.DRAW, dst=touched, value=SUPER_PAGE_BYTES)
        asm.place(parked)
        asm.emit(isa.PARK, address=started, source=number, cause=isa.C_BARRIER)
        asm.emit(isa.SET, dst=number, source=number, value=1)
        asm.place(phases)
        job.map(asm, touched)
        mapped.wait(asm)
        job.reduce(asm)
        reduced.wait(asm)
        asm.branch(isa.R_THREAD, isa.AT_LEAST, 1, parked)
        asm.emit(isa.END)
        asm.place(root)
        asm.emit(isa.BEGIN)
        asm.compute(round(site.work(workload.serial_ms * 1e3) * workload.simulated_share))
        asm.emit(isa.FETCH_ADD, address=started, value=1, cause=isa.C_BARRIER)
        asm.emit(isa.WAKE, address=started, value=site.cores, cause=isa.C_BARRIER)
        asm.jump(phases)
        start = asm.place()
        asm.emit(isa.DRAW, dst=touched, value=SUPER_PAGE_BYTES)
        asm.jump(root)
    asm.thread(0, start)
    for core in range(1, site.cores):
        asm.thread(core, worker)
    return asm
