"""Tasks take a mutex and give it back: pthread_mutex1 of will-it-scale (scale/pthread_mutex1).

Threads share one mutex of the thread library, and processes have one each. One operation is lock
and unlock with an increment between them. Who finds it taken sleeps in the kernel (futex_mutex.py),
and whoever releases a mutex that somebody sleeps for has to wake one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.settings import Cycles
from sim.sync.futex_mutex import FutexMutex
from sim.workload.scale.tasks import TasksSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.kernel.threads import Threads
    from sim.program.assembler import Assembler

CHARGED_TO = "pthread_mutex"


class PthreadMutex1(TasksSettings):
    """Tasks take a mutex and give it back (scale/pthread_mutex1)."""

    kind: Literal["pthread_mutex1"]
    library_cycles: Cycles = Field(
        description="lock and unlock in the thread library beside the two atomic instructions"
    )


@repeats(PthreadMutex1, CHARGED_TO)
def lock_and_unlock(workload: PthreadMutex1, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one operation of a task."""
    context = calls.context
    threads: Threads = context.table.needed("threads")
    one = workload.tasks == "threads"
    index, mutexes = (isa.NONE, 1) if one else (R_CORE, context.site.cores)
    with asm.for_each_core(divided=not one):
        mutex = FutexMutex(asm, threads.futex_call_cycles, threads.futex_wake_cycles, mutexes)
    with asm.at(CHARGED_TO, isa.USER):
        asm.compute(workload.library_cycles)
        mutex.acquire(asm, index)
        mutex.release(asm, index)
