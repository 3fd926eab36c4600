"""What the programs of will-it-scale have in common: each task repeats one thing for ever.

The suite (A. Blanchard, https://github.com/antonblanchard/will-it-scale) starts so many tasks, each
on a core of its own, as processes or as threads of one process, and counts what all of them do in a
second. Here is what one operation of a program does, not its code.

More processes than the machine has hardware threads take turns on them (run_queue.py). They share
what processes of other cores share, and no task of a core holds anything when its turn ends: a spin
lock's holder keeps its core. Threads of one process wait for locks whose holder may have lost its
core, which is not modelled, and are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import Field, model_validator

from sim.engine import isa
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.settings import PositiveCount
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site

Operation = Callable[[Any, SystemCalls, Assembler], None]
Made = TypeVar("Made", bound=Operation)


class TasksSettings(WorkloadSettings):
    """Base of the programs' settings."""

    tasks: Literal["threads", "processes"] = Field(
        description="what runs on the cores: threads of one process, or a process on each"
    )
    groups: PositiveCount = Field(
        default=1,
        description="groups of processes (memory cgroups) that the tasks are in, in turn: "
        "containers; threads are in one",
    )

    @model_validator(mode="after")
    def _a_process_is_in_one_group(self) -> TasksSettings:
        """Refuse threads of one process in several groups."""
        if self.tasks == "threads" and self.groups > 1:
            raise ValueError(
                "groups: threads of one process are in one group; "
                "allowed: 1, or workload.tasks=processes"
            )
        return self

    @property
    def one_task_a_core(self) -> str | None:
        """Why there cannot be more tasks than hardware threads: a holder that sleeps, or waits."""
        if self.tasks == "threads":
            return (
                "; threads that take turns are not modelled: whoever holds a lock that others of "
                "the process sleep for may have to wait for its turn; allowed: workload.tasks="
                "processes"
            )
        return None

    @property
    def population(self) -> Population:
        """How many of each kernel object they use."""
        threads = self.tasks == "threads"
        return Population(shared_address_space=threads, memory_groups=self.groups)


class OneFileSettings(TasksSettings):
    """Base of the settings of programs whose tasks all name one file."""

    @property
    def population(self) -> Population:
        """How many of each kernel object they use."""
        return replace(super().population, one_file=True)


def repeats(settings: type[TasksSettings], name: str) -> Callable[[Made], Made]:
    """Register a program by what each of its tasks does in one operation, for ever.

    What is registered is told the program's settings, and emits the operation's system calls.

    Args:
        settings: of the program.
        name: object that what no kernel object is charged with is charged to.
    """

    def register(operation: Made) -> Made:
        def build(workload: TasksSettings, kernel: KernelTable, site: Site) -> Assembler:
            asm = Assembler()
            with asm.at(name, isa.SYSTEM):
                calls = SystemCalls(asm, kernel, site, workload.population)
                if site.waiting:
                    in_turns(asm, calls, lambda: operation(workload, calls, asm))
                    return asm
                with asm.operations(range(site.cores)):
                    operation(workload, calls, asm)
            return asm

        build.__module__ = operation.__module__  # where a message says that it is
        lowers(settings)(build)
        return operation

    return register


def in_turns(asm: Assembler, calls: SystemCalls, operation: Callable[[], None]) -> None:
    """Emit what cores do whose processes take turns: operations, and a switch after each slice."""
    with asm.registers(2) as (slice_end, length):
        slices = calls.time_slices
        top = asm.place()
        asm.emit(isa.BEGIN)
        operation()
        asm.emit(isa.END)
        slices.give_turn(asm, slice_end, length)
        asm.jump(top)
        for core in range(calls.context.site.cores):
            start = asm.place()
            slices.begin(asm, core, slice_end, length)
            asm.jump(top)
            asm.thread(core, start)
