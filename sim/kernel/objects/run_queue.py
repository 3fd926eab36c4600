"""A core's run queue: giving the core up to whoever is ready, and going on if nobody is.

sched_yield takes the spin lock of its own core's run queue, looks for another thread, and goes on.
With one thread on each core nobody else wants the lock, and yielding scales whatever it costs.

Not modelled: threads that are moved between cores, which take two run queues' locks.
Source: Linux 5.10 kernel/sched/core.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine.isa import R_CORE
from sim.kernel.table import KernelObject
from sim.settings import Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler


class RunQueue(KernelObject):
    """The threads that are ready on a core (struct rq)."""

    key: ClassVar[str] = "run_queue"

    hold_cycles: Cycles = Field(description="looking for another thread, under the queue's lock")
    yield_cycles: Cycles = Field(
        description="the rest of sched_yield: entering the kernel and back"
    )


class RunQueues:
    """A run queue of each core, under its spin lock."""

    def __init__(self, context: KernelContext) -> None:
        self.settings = context.settings(RunQueue)
        self.lock = context.locks.spin_of_each_core()

    def give_way(self, asm: Assembler) -> None:
        """Emit sched_yield on a core whose one thread goes on."""
        with asm.at(RunQueue.key):
            asm.compute(self.settings.yield_cycles)
            self.lock.acquire(asm, R_CORE)
            asm.compute(self.settings.hold_cycles)
            self.lock.release(asm, R_CORE)
