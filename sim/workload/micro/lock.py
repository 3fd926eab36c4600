"""Every active core acquires one lock, works inside, releases it and thinks (micro/lock).

The critical section also updates a counter that the lock protects, except under `rw`, whose read
side is measured: its holders work side by side and only read the counter. Latency runs from the
attempt to the release; throughput counts acquisitions. The account calls a lock of any kind `lock`,
so that kinds can be compared: which one it is, the curve says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim.engine import isa
from sim.kernel.objects.mutex import Mutex
from sim.program.assembler import Assembler
from sim.settings import Cycles
from sim.sync.adaptive_mutex import AdaptiveMutex
from sim.sync.lock_kinds import LockKind, Waiting
from sim.sync.queued_mutex import QueuedMutex
from sim.sync.rw_lock import ReadSide, RwLock
from sim.sync.spin_lock import SpinLocks
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site
    from sim.sync.lock import Lock


class LockWorkload(WorkloadSettings, Waiting):
    """Every core acquires one lock in a loop (micro/lock)."""

    kind: Literal["lock"]
    lock: LockKind = Field(description="kind of lock; rw is acquired for reading")
    hold_cycles: Cycles = Field(description="length of the critical section")
    think_cycles: Cycles = Field(description="private work between two acquisitions")


def make_lock(asm: Assembler, workload: LockWorkload, kernel: KernelTable, site: Site) -> Lock:
    """The lock that the workload names."""
    if workload.lock == "rw":
        return ReadSide(RwLock(asm))
    if workload.lock not in ("adaptive_mutex", "queued_mutex"):
        return SpinLocks(workload.lock, workload, site.cores, 1 + max(site.dies)).make(asm)
    if not kernel.has(Mutex):
        raise ValueError(
            f"lock={workload.lock} needs kernel.objects.mutex, which {kernel.name} has not; "
            "allowed here: all other locks"
        )
    spin_cycles = kernel.settings(Mutex).spin_cycles
    if workload.lock == "queued_mutex":
        return QueuedMutex(asm, spin_cycles, site.cores)
    return AdaptiveMutex(asm, spin_cycles)


@lowers(LockWorkload)
def build(workload: LockWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at("lock", isa.USER):
        lock = make_lock(asm, workload, kernel, site)
    protected = asm.new_lines()
    start = asm.place()
    with asm.at("think", isa.USER):
        asm.compute(workload.think_cycles)
        asm.emit(isa.BEGIN)
    with asm.at("lock", isa.USER):
        lock.acquire(asm)
        with asm.at("critical_section"):
            if workload.lock == "rw":
                with asm.registers(1) as (value,):
                    asm.emit(isa.LOAD, address=protected, dst=value)
            else:
                asm.emit(isa.INCREMENT, address=protected, value=1)
            asm.compute(workload.hold_cycles)
        lock.release(asm)
        asm.emit(isa.END)
    asm.jump(start)
    for core in range(site.cores):
        asm.thread(core, start)
    return asm
