"""Every core reads and updates one object, shared in one of four ways (micro/shared_object).

The spectrum of SOSP'09 section 3.2 (Figure 4), from shared state to distributed state: one coarse
lock, finer locks, a partition for each core, and replicas that messages keep consistent. Operations
are reads and updates; a core does a fixed number of reads between two updates. Behind a lock both
take the lock and its data's line. A partition is the core's own. A replica is read without asking
anybody; an update goes to every other core by URPC and is applied there, and a core makes its next
update when it has applied one of each other core: replicas are at most one update behind.

Not modelled: an order of the updates that all replicas agree on, which takes the two-phase commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.program.assembler import Assembler, Label
from sim.settings import Count, Cycles
from sim.sync.ticket_lock import TicketLock
from sim.sync.urpc import Cursor, UrpcChannels, message_costs
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class SharedObjectWorkload(WorkloadSettings):
    """Every core reads and updates one object, shared in one of four ways."""

    kind: Literal["shared_object"]
    sharing: Literal["coarse_lock", "fine_locks", "partitioned", "replicated"] = Field(
        description="coarse_lock: one lock for all; fine_locks: one for each part; partitioned: "
        "a part for each core; replicated: a copy for each core, updates are messages to all"
    )
    parts: Annotated[int, Field(ge=1, le=4096, strict=True)] = Field(
        description="parts of the object that have locks of their own"
    )
    reads_per_update: Count = Field(description="reads of a core between two of its updates")
    access_cycles: Cycles = Field(description="work of one read or update on data in the cache")
    think_cycles: Cycles = Field(description="mean private work between two operations")


OBJECT = "object"


@lowers(SharedObjectWorkload)
def build(workload: SharedObjectWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.USER):
        if workload.sharing == "replicated":
            emit_replicas(asm, workload, site)
        else:
            start = emit_shared(asm, workload, site)
            for core in range(site.cores):
                asm.thread(core, start)
    return asm


def think(asm: Assembler, workload: SharedObjectWorkload) -> None:
    """Emit the private work before an operation."""
    with asm.at("think"):
        asm.emit(isa.COMPUTE_DRAWN, value=workload.think_cycles, target=EXPONENTIAL)
    asm.emit(isa.BEGIN)


def emit_shared(asm: Assembler, workload: SharedObjectWorkload, site: Site) -> Label:
    """Emit the loop of a core whose object lies in shared memory; returns its start."""
    parts = {"coarse_lock": 1, "fine_locks": workload.parts, "partitioned": site.cores}
    count = parts[workload.sharing]
    lock, data = TicketLock(asm, count), asm.new_lines(count, "data")
    with asm.registers(2) as (part, value):
        start = asm.place()
        for access in (isa.LOAD, isa.INCREMENT):
            times = workload.reads_per_update if access == isa.LOAD else 1
            with asm.repeat(times):
                think(asm, workload)
                if workload.sharing == "partitioned":
                    asm.emit(isa.SET, dst=part, source=isa.R_CORE)
                else:
                    asm.emit(isa.DRAW, dst=part, value=count)
                    lock.acquire(asm, part)
                asm.emit(access, address=data, index=part, dst=value, value=1)
                asm.compute(workload.access_cycles)
                if workload.sharing != "partitioned":
                    lock.release(asm, part)
                asm.emit(isa.END)
        asm.jump(start)
    return start


def emit_replicas(asm: Assembler, workload: SharedObjectWorkload, site: Site) -> None:
    """Emit every core's loop over its own replica, and start it."""
    costs, cores = message_costs(site.hardware.messaging), range(site.cores)
    homes = [site.packages[receiver] for _ in cores for receiver in cores]
    channels = UrpcChannels(asm, costs, homes, "update")  # sender * cores + receiver
    for core in cores:
        others = [*cores[core + 1 :], *cores[:core]]
        with asm.registers(1) as (number,):
            at, start = Cursor(number), asm.place()
            with asm.repeat(workload.reads_per_update):
                think(asm, workload)
                asm.compute(workload.access_cycles)
                asm.emit(isa.END)
            think(asm, workload)
            channels.advance(asm, at)
            asm.compute(workload.access_cycles)
            channels.send_to_many(asm, [core * site.cores + other for other in others], at)
            asm.emit(isa.END)
            with asm.at("replica"):
                for other in others:
                    channels.receive(asm, other * site.cores + core, at)
                    asm.compute(workload.access_cycles)
            asm.jump(start)
            asm.thread(core, start)
