"""PostgreSQL, a database server of processes (OSDI'10 sections 3.4 and 5.5): one operation a query.

One connection per core is served by a process of that core. A query waits for its client, asks
for the sizes of the table and its index by lseek, locks both in the lock manager, walks down the
index from its root page, reads the row, and gives the locks up; some queries write. User work lies
between these steps and is drawn from an exponential distribution, so that cores do not march in
step. All processes use the same table, so they meet at four places: the inode mutexes of its two
files (kernel), the two partitions of the lock manager that its locks hash to, the lock words
themselves, and the spin lock in the buffer header of the index's root page. The last limits the
modified PostgreSQL on PK.

Later versions changed two of these: most locks on tables are kept in the process that takes them
(fast path, 9.2), which `modified` comes close to, and pages are pinned by swapping a word of the
buffer header instead of under its spin lock (9.6, `index_root.pinning`).

Not modelled: the network (queries come in batches of 256, so its share is small), and which pages
a write changes: their lines are fetched by all queries alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.engine.isa import R_CORE
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler, Label
from sim.program.shares import SHARES, branch_for_rest
from sim.settings import Count, Cycles, Fraction, Microseconds, PositiveCount, Settings
from sim.sync.compare_swap_counter import CompareSwapCounter
from sim.sync.lightweight_lock import LightweightLock
from sim.sync.shared_counter import SharedCounter
from sim.sync.spin_lock_with_backoff import Backoff, SpinLockWithBackoff
from sim.workload.registry import lowers
from sim.workload.settings import MeasuredWorkload

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class LockManager(Settings):
    """PostgreSQL's manager of locks on tables and rows."""

    partitions: PositiveCount = Field(description="partitions, each under a lightweight lock")
    modified_partitions: PositiveCount = Field(description="partitions after the modification")
    hold_cycles: Cycles = Field(
        description="looking up, setting or removing a lock, under its partition's lock"
    )
    pause_cycles: Cycles = Field(
        description="mean pause after a failed try at a lightweight lock's own spin lock"
    )


class IndexRoot(Settings):
    """Buffer header of the page at the root of the table's index."""

    acquisitions: Count = Field(description="acquisitions of its spin lock per query")
    hold_cycles: Cycles = Field(description="work under the spin lock")
    pinning: Literal["spin_lock", "compare_and_swap"] = Field(
        default="spin_lock",
        description="how a query counts itself in and out: under the header's spin lock, or by "
        "swapping the header's word (PostgreSQL 9.6)",
    )


class SpinLocks(Settings):
    """How a process waits for one of PostgreSQL's spin locks."""

    pause_cycles: Cycles = Field(description="mean pause after a failed try")
    tries: PositiveCount = Field(description="tries before a sleep")
    sleep_us: Microseconds = Field(description="mean sleep")


class PostgresWorkload(MeasuredWorkload):
    """PostgreSQL 8.3.9 (OSDI'10 sections 3.4 and 5.5): one operation is one query."""

    kind: Literal["postgres"]
    modified: bool = Field(
        description="the paper's lock manager: no lock in the uncontended case, more partitions"
    )
    write_fraction: Fraction = Field(description="share of queries that write, to 1/1000")
    client_us: Microseconds = Field(
        description="time per query in which a connection waits for its client"
    )
    user_us: Microseconds = Field(
        description="user time of a reading query at one core beside the modelled locks"
    )
    write_user_us: Microseconds = Field(description="what a write adds to that")
    other_system_us: Microseconds = Field(
        description="system time of a reading query at one core beside its seeks"
    )
    write_system_us: Microseconds = Field(description="what a write adds to that")
    lseeks: PositiveCount = Field(description="seeks per query, in turn in the table and the index")
    lines: Count = Field(
        description="lines of shared buffers and process structures last written by another core, "
        "per query"
    )
    write_lines: Count = Field(
        description="more of them for each write, spread over the queries that find them changed"
    )
    system_lines: Count = Field(
        description="lines of kernel memory last written by another core, per query"
    )
    relation_locks: Count = Field(
        description="locks on the table or its index that a query takes and gives up"
    )
    row_locks: Count = Field(description="locks on rows and transactions that a write takes")
    lock_manager: LockManager
    index_root: IndexRoot
    spin_locks: SpinLocks


RELATIONS = 2  # the table and its index: a file and a lock each
LOCK_MANAGER = "lock_manager"
INDEX_ROOT = "index_root"


class PartitionedLocks:
    """Unmodified: every change of a lock takes the lightweight lock of its partition."""

    def __init__(self, asm: Assembler, manager: LockManager, cores: int, backoff: Backoff) -> None:
        self.partitions = manager.partitions
        self.hold_cycles = manager.hold_cycles
        self.partition = LightweightLock(asm, cores, backoff, manager.partitions)

    def change(self, asm: Assembler, lock: int) -> None:
        """Emit taking or giving up the lock whose number is in a register."""
        with asm.at(LOCK_MANAGER):
            self.partition.acquire(asm, lock)
            asm.compute(self.hold_cycles)
            self.partition.release(asm, lock)

    take = give_up = change


class LockFreeLocks:
    """Modified: nobody conflicts, so the lock's own word is changed atomically."""

    def __init__(self, asm: Assembler, manager: LockManager) -> None:
        self.partitions = manager.modified_partitions
        self.hold_cycles = manager.hold_cycles
        self.holders = SharedCounter(asm, manager.modified_partitions)

    def take(self, asm: Assembler, lock: int) -> None:
        """Emit taking the lock whose number is in a register."""
        with asm.at(LOCK_MANAGER):
            asm.compute(self.hold_cycles)
            self.holders.acquire(asm, lock)

    def give_up(self, asm: Assembler, lock: int) -> None:
        """Emit giving up the lock whose number is in a register."""
        with asm.at(LOCK_MANAGER):
            asm.compute(self.hold_cycles)
            self.holders.release(asm, lock)


class Server:
    """The processes of the database server: what their queries share."""

    def __init__(
        self, asm: Assembler, workload: PostgresWorkload, kernel: KernelTable, site: Site
    ) -> None:
        waiting = workload.spin_locks
        sleep = site.cycles(waiting.sleep_us)
        backoff = Backoff(waiting.pause_cycles, waiting.tries, sleep)
        manager = workload.lock_manager
        self.workload = workload
        self.site = site
        self.calls = SystemCalls(asm, kernel, site, Population(seek_files=RELATIONS))
        self.locks: PartitionedLocks | LockFreeLocks = (
            LockFreeLocks(asm, manager)
            if workload.modified
            else PartitionedLocks(
                asm, manager, site.cores, Backoff(manager.pause_cycles, waiting.tries, sleep)
            )
        )
        self.root: SpinLockWithBackoff | CompareSwapCounter = (
            CompareSwapCounter(asm)
            if workload.index_root.pinning == "compare_and_swap"
            else SpinLockWithBackoff(asm, site.cores, backoff)
        )
        self.clients = asm.new_servers(site.cores)
        self.steps = (
            workload.lseeks + 2 * workload.relation_locks + workload.index_root.acquisitions
        )

    def query(self, asm: Assembler) -> None:
        """Emit one query."""
        steps = iter(range(self.steps))
        with asm.registers(1) as (relation,):
            self.receive(asm)
            for number in range(self.workload.lseeks):
                self.work(asm, next(steps))
                asm.emit(isa.SET, dst=relation, value=number % RELATIONS)
                with asm.at("kernel", isa.SYSTEM):
                    self.calls.seek_end(asm, relation)
            for _ in range(self.workload.relation_locks):
                self.work(asm, next(steps))
                asm.emit(isa.DRAW, dst=relation, value=RELATIONS)
                self.locks.take(asm, relation)
            for _ in range(self.workload.index_root.acquisitions):
                self.work(asm, next(steps))
                self.visit_root(asm)
            self.write(asm, relation)
            for _ in range(self.workload.relation_locks):
                self.work(asm, next(steps))
                asm.emit(isa.DRAW, dst=relation, value=RELATIONS)
                self.locks.give_up(asm, relation)

    def receive(self, asm: Assembler) -> None:
        """Emit the wait for the client, and the system calls besides lseek."""
        workload = self.workload
        with asm.at("client", isa.IDLE), asm.registers(1) as (until,):
            wait = self.site.cycles(workload.client_us)
            asm.emit(
                isa.SUBMIT, address=self.clients, index=R_CORE, stride=1, value=wait, dst=until
            )
            asm.emit(isa.AWAIT_TIME, source=until, cause=isa.C_BLOCKED)
        with asm.at("kernel", isa.SYSTEM):
            asm.compute(self.site.work(workload.other_system_us))
            self.calls.fetch_lines(asm, workload.system_lines)

    def work(self, asm: Assembler, step: int) -> None:
        """Emit the user work before a step of a query, and the shared lines it fetches."""
        workload = self.workload
        lines = workload.lines + round(workload.write_lines * workload.write_fraction)
        with asm.at("postgres", isa.USER):
            work = self.site.work(workload.user_us) // self.steps
            asm.emit(isa.COMPUTE_DRAWN, value=work, target=EXPONENTIAL)
            asm.emit(isa.BULK, value=lines // self.steps + (step < lines % self.steps))

    def visit_root(self, asm: Assembler) -> None:
        """Emit one use of the buffer header of the index's root page."""
        with asm.at(INDEX_ROOT):
            self.root.acquire(asm)
            if isinstance(self.root, CompareSwapCounter):  # the swap is all
                return
            asm.compute(self.workload.index_root.hold_cycles)
            self.root.release(asm)

    def write(self, asm: Assembler, register: int) -> None:
        """Emit what a write adds, for the share of queries that write."""
        workload = self.workload
        reads_only = Label()
        if round(workload.write_fraction * SHARES) == 0:
            return
        branch_for_rest(asm, register, workload.write_fraction, reads_only)
        with asm.at("postgres", isa.USER):
            work = self.site.work(workload.write_user_us)
            asm.emit(isa.COMPUTE_DRAWN, value=work, target=EXPONENTIAL)
        with asm.at("kernel", isa.SYSTEM):
            asm.compute(self.site.work(workload.write_system_us))
        for _ in range(workload.row_locks):
            asm.emit(isa.DRAW, dst=register, value=self.locks.partitions)
            self.locks.take(asm, register)
            self.locks.give_up(asm, register)
        asm.place(reads_only)


@lowers(PostgresWorkload)
def build(workload: PostgresWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the database server on all active cores of a site."""
    asm = Assembler()
    asm.object_id("postgres")
    with asm.at("postgres", isa.USER):
        server = Server(asm, workload, kernel, site)
        start = asm.place()
        asm.emit(isa.BEGIN)
        server.query(asm)
        asm.emit(isa.END)
    asm.jump(start)
    for core in range(site.cores):
        asm.thread(core, start)
    return asm
