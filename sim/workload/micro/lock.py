"""Every active core acquires one lock, works inside, releases it and thinks (micro/lock).

The critical section also updates `section_lines` lines that the lock protects, one after another,
except under `rw`, whose read side is measured: its holders work side by side and only read them.
Latency runs from the attempt to the release; throughput counts acquisitions. The account calls a
lock of any kind `lock`, so that kinds can be compared: which one it is, the curve says.

How long a core thinks is drawn anew each time, from an exponential distribution. With a fixed time
cores come back in the order in which they were served, for ever: a queue that was filled package
by package stays so, and hardly any hand-off crosses packages, which no real program keeps up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.kernel.objects.mutex import Mutex
from sim.program.assembler import Assembler
from sim.settings import Cycles
from sim.sync.adaptive_mutex import AdaptiveMutex
from sim.sync.lock_kinds import LockKind, Waiting
from sim.sync.queued_mutex import QueuedMutex
from sim.sync.rw_lock import ReadSide, RwLock
from sim.sync.spin_lock import SpinLocks
from sim.workload.registry import lowers
from sim.workload.settings import Turn, WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site
    from sim.sync.lock import Lock


class LockWorkload(WorkloadSettings, Waiting):
    """Every core acquires one lock in a loop (micro/lock)."""

    kind: Literal["lock"]
    lock: LockKind = Field(description="kind of lock; rw is acquired for reading")
    hold_cycles: Cycles = Field(description="length of the critical section")
    think_cycles: Cycles = Field(description="private work between two acquisitions, on average")
    think: Literal["fixed", "exponential"] = Field(
        description="fixed: a core thinks for the same time each time, and cores fall into step; "
        "exponential: for a time drawn anew"
    )
    section_lines: Annotated[int, Field(ge=0, le=1000, strict=True)] = Field(
        description="lines that the critical section writes (under rw reads), one after another"
    )

    @property
    def turn(self) -> Turn | None:
        """The critical section; holders of a lock for reading need not take turns."""
        if self.lock == "rw":
            return None
        return Turn(self.hold_cycles, 1 + self.section_lines, self.think_cycles)


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


def emit_think(asm: Assembler, workload: LockWorkload) -> None:
    """Emit the work between two acquisitions; nothing is drawn where there is none."""
    if workload.think == "exponential" and workload.think_cycles > 0:
        asm.emit(isa.COMPUTE_DRAWN, value=workload.think_cycles, target=EXPONENTIAL)
    else:
        asm.compute(workload.think_cycles)


def emit_section(asm: Assembler, workload: LockWorkload, protected: int) -> None:
    """Emit the critical section: the lines from a word on, and work."""
    for line in range(workload.section_lines):
        address = protected + line * isa.WORDS_PER_LINE
        if workload.lock == "rw":
            with asm.registers(1) as (value,):
                asm.emit(isa.LOAD, address=address, dst=value)
        else:
            asm.emit(isa.INCREMENT, address=address, value=1)
    asm.compute(workload.hold_cycles)


@lowers(LockWorkload)
def build(workload: LockWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at("lock", isa.USER):
        lock = make_lock(asm, workload, kernel, site)
    protected = asm.new_lines(workload.section_lines, "protected")
    start = asm.place()
    with asm.at("think", isa.USER):
        emit_think(asm, workload)
        asm.emit(isa.BEGIN)
    with asm.at("lock", isa.USER):
        lock.acquire(asm)
        with asm.at("critical_section"):
            emit_section(asm, workload, protected)
        lock.release(asm)
        asm.emit(isa.END)
    asm.jump(start)
    for core in range(site.cores):
        asm.thread(core, start)
    return asm
