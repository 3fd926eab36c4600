"""A workload that is a list of system calls, with counts and times (kind: system_calls).

Every active core runs a task that goes through the list, again and again; once through is one
operation. A step of the list is done so many times: each time some work of the application, some of
the kernel beside its objects, and the call. Which calls there are says calls.py; what one costs
beyond its own core is the kernel's affair, and a kernel that lacks an object refuses the workload.

Both kinds of work are drawn from exponential distributions with the given means, so that cores do
not march in step.

Not modelled: branches, waiting for other tasks, the network card, and memory that tasks share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from sim import extensions
from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.settings import Microseconds, PositiveCount, Settings
from sim.workload.calls import CALLS
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site

extensions.load()

APPLICATION = "application"
KERNEL = "kernel"
MOST_STEPS = 1000

if TYPE_CHECKING:
    CallName = str
else:
    CallName = Literal[tuple(CALLS)]


class Step(Settings):
    """A step: so many times some work of the application, some of the kernel, and a call."""

    call: CallName | None = Field(default=None, description="system call; null: work alone")
    times: PositiveCount = Field(default=1, description="how often the step is done")
    user_us: Microseconds = Field(
        default=0.0, description="user time before the call, each time, in microseconds"
    )
    system_us: Microseconds = Field(
        default=0.0,
        description="system time of the call beside the modelled kernel objects, each time",
    )

    @model_validator(mode="after")
    def _does_something(self) -> Step:
        if self.call is None and not self.user_us:
            raise ValueError(
                f"the step does nothing\n  allowed: a call ({', '.join(CALLS)}), user_us above 0, "
                "or both"
            )
        if self.call is None and self.system_us:
            raise ValueError("system_us: system time without a call\n  allowed: name its call")
        return self


class SystemCallsWorkload(WorkloadSettings):
    """Tasks go through a list of system calls, with counts and times."""

    kind: Literal["system_calls"]
    tasks: Literal["threads", "processes"] = Field(
        description="what runs on the cores: threads of one process, or a process on each"
    )
    calls: Annotated[list[Step], Field(min_length=1, max_length=MOST_STEPS)] = Field(
        description="steps of one operation, in their order"
    )
    files: Literal["own", "one"] = Field(
        default="own", description="own: each task names files of its own; one: all name one file"
    )
    directories: PositiveCount = Field(
        default=1, description="directories whose entries change, one of them drawn for each change"
    )
    seek_files: PositiveCount = Field(
        default=1, description="files whose ends are sought, one of them drawn for each seek"
    )
    measured_at_ghz: Annotated[float, Field(ge=0.1, le=20.0)] | None = Field(
        default=None,
        description="clock of the machine that the times come from, on another clock the work "
        "takes as many cycles; null: the clock of whichever machine it runs on",
    )

    @property
    def work_ghz(self) -> float | None:
        """Clock of the cores that the workload's times come from; None: any."""
        return self.measured_at_ghz

    @property
    def population(self) -> Population:
        """How many of each kernel object the tasks use."""
        return Population(
            directories=self.directories,
            seek_files=self.seek_files,
            shared_address_space=self.tasks == "threads",
            one_file=self.files == "one",
        )


@lowers(SystemCallsWorkload)
def build(workload: SystemCallsWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the tasks on all active cores of a site."""
    asm = Assembler()
    with asm.at(APPLICATION, isa.USER):
        calls = SystemCalls(asm, kernel, site, workload.population)
        with asm.operations(range(site.cores)):
            for step in workload.calls:
                with asm.repeat(step.times):
                    emit_step(asm, calls, site, step)
    return asm


def emit_step(asm: Assembler, calls: SystemCalls, site: Site, step: Step) -> None:
    """Emit a step once."""
    work(asm, site.work(step.user_us))
    if step.call is not None:
        with asm.at(KERNEL, isa.SYSTEM):
            work(asm, site.work(step.system_us))
            CALLS[step.call](calls, asm)


def work(asm: Assembler, cycles: int) -> None:
    """Emit work of the own core that takes so long on average."""
    if cycles:
        asm.emit(isa.COMPUTE_DRAWN, value=cycles, target=EXPONENTIAL)
