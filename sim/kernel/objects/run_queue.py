"""A core's run queue: the tasks that take turns on it, and giving it up to whoever is ready.

sched_yield takes the spin lock of its own core's run queue, looks for another thread, and goes on.
With one thread on each core nobody else wants the lock, and yielding scales whatever it costs.

Where there are more tasks than hardware threads, those of a core take turns. Each runs for a time
slice: of a period that all of them share (CFS), but no less than a least slice; with a period of 0
it is always that (EEVDF). Then the core switches to the next, at the end of an operation:

    core 0   task 0 [ op op op ] switch  task 80 [ op op op ] switch  task 0 ...

The tasks of a core are dealt out evenly and stay there; its first slice ends at a random time. So
throughput stays what the hardware threads can do, less the switches.

Not modelled: tasks that are moved between cores, which take two run queues' locks, and whose
balancing interrupts them; a turn that ends in the middle of an operation, with which no kernel spin
lock is held, as that keeps its core, but a mutex may be; how cold a task finds the caches, beside
what a switch costs; and the time that an operation takes while its task waits for its turn:
latencies are those of tasks that run.
Source: Linux 5.10 kernel/sched/core.c, kernel/sched/fair.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.table import KernelObject
from sim.program.assembler import Label
from sim.settings import Cycles, Microseconds

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
    switch_cycles: Cycles = Field(
        description="switching to another process when a time slice is over, what it then misses "
        "in its caches included"
    )
    period_us: Microseconds = Field(
        description="time in which every task of a core has one slice, unless that is too short"
    )
    least_slice_us: Annotated[float, Field(ge=1, le=1_000_000)] = Field(
        description="a task's time slice at least"
    )

    def slice_us(self, tasks: int) -> float:
        """Time slice where so many tasks take turns on a core."""
        return max(self.period_us / tasks, self.least_slice_us)


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


class TimeSlices:
    """Turns of the tasks of each core."""

    def __init__(self, context: KernelContext) -> None:
        self.site, self.settings = context.site, context.settings(RunQueue)
        self.clock = context.asm.new_servers(context.site.cores)  # never busy: it tells the time

    def begin(self, asm: Assembler, core: int, end: int, length: int) -> None:
        """Emit the start of a core: the length of its slices, and the end of the first at random.

        Args:
            asm: program.
            core: whose start it is.
            end: register that keeps when the slice is over.
            length: register that keeps how long each is.
        """
        tasks = self.site.tasks_on(core)
        cycles = self.site.cycles(self.settings.slice_us(tasks))
        asm.emit(isa.SET, dst=length, value=cycles)
        if tasks > 1:
            asm.emit(isa.DRAW, dst=end, value=cycles)
        else:
            asm.emit(isa.SET, dst=end, value=isa.LAST_CYCLE)

    def give_turn(self, asm: Assembler, end: int, length: int) -> None:
        """Emit switching to the next task, if the slice is over."""
        going_on = Label()
        with asm.at(RunQueue.key), asm.registers(1) as (now,):
            self._tell_time(asm, now)
            asm.branch(now, isa.LESS, 0, going_on, source=end)
            asm.compute(self.settings.switch_cycles)
            self._tell_time(asm, end)
            asm.emit(isa.ADD, dst=end, source=length, value=1)
            asm.place(going_on)

    def _tell_time(self, asm: Assembler, register: int) -> None:
        """Emit setting a register to the present cycle."""
        asm.emit(isa.SUBMIT, address=self.clock, index=R_CORE, stride=1, value=0, dst=register)
