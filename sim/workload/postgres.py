"""PostgreSQL, a database server of processes (OSDI'10 sections 3.4 and 5.5): one operation a query.

One connection per core is served by a process of that core. A query waits for its client, asks
for the sizes of the table and its index by lseek, locks both in the lock manager, walks down the
index from its root page, reads the row, and gives the locks up; some queries write. User work lies
between these steps and is drawn from an exponential distribution, so that cores do not march in
step. All processes use the same table, so they meet at four places: the inode mutexes of its two
files (kernel), the two partitions of the lock manager that its locks hash to, the lock words
themselves, and the spin lock in the buffer header of the index's root page. The last limits the
modified PostgreSQL on PK.

Not modelled: the network (queries come in batches of 256, so its share is small), and which pages
a write changes: their lines are fetched by all queries alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.engine.quantiles import EXPONENTIAL
from sim.kernel.open_kernel import open_kernel
from sim.kernel.population import Population
from sim.program.assembler import Assembler, Label
from sim.program.shares import SHARES, branch_for_rest
from sim.sync.lightweight_lock import LightweightLock
from sim.sync.shared_counter import SharedCounter
from sim.sync.spin_lock_with_backoff import Backoff, SpinLockWithBackoff

if TYPE_CHECKING:
    from sim.config.schema.design import KernelDesign
    from sim.config.schema.workload.postgres import LockManager, PostgresWorkload
    from sim.machine.site import Site

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
        self, asm: Assembler, workload: PostgresWorkload, kernel: KernelDesign, site: Site
    ) -> None:
        waiting = workload.spin_locks
        backoff = Backoff(waiting.pause_cycles, waiting.tries, site.cycles(waiting.sleep_us))
        manager = workload.lock_manager
        self.workload = workload
        self.site = site
        self.linux = open_kernel(asm, kernel, site, Population(seek_files=RELATIONS))
        self.locks: PartitionedLocks | LockFreeLocks = (
            LockFreeLocks(asm, manager)
            if workload.modified
            else PartitionedLocks(asm, manager, site.cores, backoff)
        )
        self.root = SpinLockWithBackoff(asm, site.cores, backoff)
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
                    self.linux.seek_end(asm, relation)
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
            asm.emit(isa.BULK, value=workload.system_lines)

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


def build(workload: PostgresWorkload, kernel: KernelDesign, site: Site) -> Assembler:
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
