"""Compute-bound programs, NAS and SPLASH-2 (SOSP'09 section 5.3): one operation is one run.

A run is a sequence of equal iterations. In each, one core does the serial part, and all divide the
parallel part between them; they sweep over data whose pages lie on the first node, which arrives
while they compute; they may take tasks from one queue under its lock, or pass one after another
through a critical section; and they meet at barriers. The program is the same on every kernel; what
differs is how its thread library waits, and whether a thread stays on its core.

A thread that was moved to another core (Linux, threads not pinned) finds nothing of its data in
the caches there; the move itself is not simulated, its cold sweep is.

Not modelled: communication between the cores other than through barriers, locks and the first
node's memory; tasks that make tasks; page faults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from sim.engine import isa
from sim.engine.distributions import UNIFORM
from sim.machine.residency import miss_share
from sim.machine.streaming import Streams
from sim.program.assembler import Assembler, Label
from sim.program.shares import SHARES, branch_for_share
from sim.settings import Count, Cycles, Fraction, PositiveCount
from sim.sync.barrier import Barrier
from sim.sync.futex_barrier import FutexBarrier
from sim.sync.futex_mutex import FutexMutex
from sim.sync.ticket_lock import TicketLock
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.kernel.threads import Threads
    from sim.machine.site import Site
    from sim.sync.lock import Lock


Kib = Annotated[float, Field(ge=0, le=1e12)]


class ComputeBoundWorkload(WorkloadSettings):
    """A parallel program with barriers (SOSP'09 section 5.3): one operation is one whole run."""

    batch: ClassVar[bool] = True

    kind: Literal["compute_bound"]
    iterations: PositiveCount = Field(description="iterations of the whole program")
    simulated_iterations: PositiveCount = Field(description="of which so many are simulated")
    parallel_cycles: Cycles = Field(description="work of an iteration that the cores divide")
    serial_cycles: Cycles = Field(description="work of an iteration that one core does alone")
    replicated_cycles: Cycles = Field(
        description="work of an iteration that every core does in full"
    )
    imbalance: Fraction = Field(
        description="share of a core's part of the work that is drawn, from 0 to twice its mean"
    )
    barriers: Count = Field(description="barriers of an iteration, at its end")
    working_set_kib: Kib = Field(
        description="data that the cores divide among them and sweep over, on the first node"
    )
    sweeps: Annotated[float, Field(ge=0, le=1e6)] = Field(
        description="sweeps over that data in an iteration"
    )
    exchanged_lines: Count = Field(
        description="lines that every core reads in an iteration, of which each core wrote a part"
    )
    blocks: PositiveCount = Field(
        description="parts of an iteration between which a core waits for its data"
    )
    critical_cycles: Cycles = Field(
        description="critical section that every core runs once in an iteration"
    )
    tasks: Count = Field(
        description="tasks of an iteration, taken from one queue; the parallel work is theirs"
    )
    task_hold_cycles: Cycles = Field(description="cycles under the queue's lock for each task")

    @model_validator(mode="after")
    def _simulates_part_of_the_whole(self) -> ComputeBoundWorkload:
        if self.simulated_iterations > self.iterations:
            raise ValueError(
                f"simulated_iterations: {self.simulated_iterations} is more than the "
                f"{self.iterations} iterations"
            )
        return self

    @property
    def simulated_share(self) -> float:
        """Iterations simulated, of all."""
        return self.simulated_iterations / self.iterations


HOME = 0  # node of the first thread, which touches the pages of all shared data first


@dataclass(frozen=True)
class Shared:
    """What the threads of a program share.

    Attributes:
        streams: memory controllers and links.
        barrier: where all meet.
        queue, section: locks of the task queue and of the critical section.
        tasks: word with the number of tasks left in the queue.
        entered: word with the number of cores that have been in the critical section.
    """

    streams: Streams
    barrier: Barrier
    queue: Lock
    section: Lock
    tasks: int
    entered: int


def make_lock(asm: Assembler, threads: Threads) -> Lock:
    """A lock of the kernel's thread library."""
    if threads.waiting == "futex":
        return FutexMutex(asm, threads.futex_call_cycles, threads.futex_wake_cycles)
    return TicketLock(asm)


def make_barrier(asm: Assembler, threads: Threads, cores: int) -> Barrier:
    """A barrier of the kernel's thread library."""
    if threads.waiting == "futex":
        return FutexBarrier(asm, cores, threads.futex_call_cycles, threads.futex_wake_cycles)
    return Barrier(asm, cores, sleeping=False)


@lowers(ComputeBoundWorkload)
def build(workload: ComputeBoundWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program on all active cores of a site: one text for each package, one for the first core."""
    threads: Threads | None = kernel.part("threads")
    if threads is None:
        raise ValueError(f"kernel {kernel.name} has no thread library (kernel.threads)")
    asm = Assembler()
    shared = Shared(
        Streams(asm, site),
        make_barrier(asm, threads, site.cores),
        make_lock(asm, threads),
        make_lock(asm, threads),
        asm.new_lines(1, "tasks"),
        asm.new_lines(1, "entered"),
    )
    program = Program(asm, workload, threads, site, shared)
    root = program.emit(site.packages[0], first=True)
    others = {package: program.emit(package, first=False) for package in set(site.packages)}
    for core, package in enumerate(site.packages):
        asm.thread(core, others[package] if core else root)
    return asm


@dataclass(frozen=True)
class Program:
    """Emits the threads of one program."""

    asm: Assembler
    workload: ComputeBoundWorkload
    threads: Threads
    site: Site
    shared: Shared

    def emit(self, package: int, first: bool) -> Label:
        """Emit the text of a package's threads, or of the first core's; returns its start."""
        asm = self.asm
        with asm.at("program", isa.USER):
            run = asm.place()
            if first:
                asm.emit(isa.BEGIN)
            with asm.repeat(self.workload.simulated_iterations):
                self.emit_iteration(package, first)
            if first:
                asm.emit(isa.END)
            asm.jump(run)
        return run

    def emit_iteration(self, package: int, first: bool) -> None:
        """Emit one iteration."""
        asm, workload, shared = self.asm, self.workload, self.shared
        if workload.serial_cycles or workload.tasks:
            if first:
                with asm.at("serial_part"):
                    asm.compute(workload.serial_cycles)
                    asm.emit(isa.STORE, address=shared.tasks, value=workload.tasks)
            self.meet()
        asm.compute(workload.replicated_cycles)
        cores = self.site.cores
        with asm.at("exchange"):
            asm.emit(isa.BULK, value=workload.exchanged_lines * (cores - 1) // cores)
        if workload.tasks:
            self.emit_tasks()
        else:
            self.emit_sweep(package)
        if workload.critical_cycles:
            self.emit_critical_section()
        for _ in range(workload.barriers):
            self.meet()

    def meet(self) -> None:
        """Emit a barrier of all cores."""
        with self.asm.at("barrier"):
            self.shared.barrier.wait(self.asm)

    def emit_sweep(self, package: int) -> None:
        """Emit a core's part of the parallel work, while its part of the data arrives."""
        asm, workload = self.asm, self.workload
        data = workload.working_set_kib / self.site.cores
        here = self.site.packages.count(package)
        warm = data * miss_share(self.site.hardware, data * here, here)
        work = workload.parallel_cycles // self.site.cores
        drawn = round(work * workload.imbalance)
        asm.emit(isa.COMPUTE_DRAWN, value=drawn, target=UNIFORM)
        if round(self.threads.moved * SHARES) == 0 or warm == data:
            self.emit_blocks(package, work - drawn, warm)
            return
        cold, done = Label(), Label()
        with asm.registers(1) as (chance,):
            branch_for_share(asm, chance, self.threads.moved, cold)
        self.emit_blocks(package, work - drawn, warm)
        asm.jump(done)
        asm.place(cold)
        self.emit_blocks(package, work - drawn, data)
        asm.place(done)

    def emit_blocks(self, package: int, work: int, missing_kib: float) -> None:
        """Emit work in blocks, each while what it misses arrives."""
        asm, workload = self.asm, self.workload
        kib = missing_kib * workload.sweeps / workload.blocks
        homes = self.shared.streams.homes(HOME)
        with (
            asm.repeat(workload.blocks),
            self.shared.streams.arriving(asm, homes, package, kib),
        ):
            asm.compute(work // workload.blocks)

    def emit_tasks(self) -> None:
        """Emit the loop that takes tasks from the queue until it is empty."""
        asm, workload, shared = self.asm, self.workload, self.shared
        take, empty = Label(), Label()
        work = workload.parallel_cycles // workload.tasks
        drawn = round(work * workload.imbalance)
        with asm.registers(1) as (left,):
            asm.place(take)
            with asm.at("task_queue"):
                shared.queue.acquire(asm)
                asm.emit(isa.FETCH_ADD, address=shared.tasks, dst=left, value=-1)
                asm.compute(workload.task_hold_cycles)
                shared.queue.release(asm)
            asm.branch(left, isa.LESS, 1, empty)
            asm.compute(work - drawn)
            asm.emit(isa.COMPUTE_DRAWN, value=drawn, target=UNIFORM)
            asm.jump(take)
            asm.place(empty)

    def emit_critical_section(self) -> None:
        """Emit the critical section; all but the last to enter are slowed by the spinners."""
        asm, workload, threads, word = self.asm, self.workload, self.threads, self.shared.entered
        last, leave = Label(), Label()
        with asm.at("critical_section"), asm.registers(1) as (before,):
            self.shared.section.acquire(asm)
            asm.compute(workload.critical_cycles)
            asm.emit(isa.FETCH_ADD, address=word, dst=before, value=1)
            asm.branch(before, isa.AT_LEAST, self.site.cores - 1, last)
            if threads.waiting == "spin":
                asm.compute(round(workload.critical_cycles * threads.spin_slowdown))
            asm.jump(leave)
            asm.place(last)
            asm.emit(isa.STORE, address=word, value=0)
            asm.place(leave)
            self.shared.section.release(asm)
