"""What all workloads have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from sim.settings import Settings, Sources

if TYPE_CHECKING:
    from sim.machine.settings.hardware import Hardware


class Turn(NamedTuple):
    """What a core does with the one thing that all cores want, when its turn has come.

    Attributes:
        hold_cycles: for which it has the thing, beside what lines take to reach it.
        lines: that go with it.
        think_cycles: of private work before it wants the thing again; None if all ask at once.
    """

    hold_cycles: int
    lines: int
    think_cycles: int | None


class WorkloadSettings(Settings):
    """Base of every workload's settings."""

    # whether one operation is a whole job that all cores do together
    batch: ClassVar[bool] = False
    # whether one core completes all operations, however many take part in them
    by_one_core: ClassVar[bool] = False
    # whether the lines that move between packages are counted, from a trace
    counts_traffic: ClassVar[bool] = False
    # whether it needs a network card
    networked: ClassVar[bool] = False

    name: str = Field(description="name of the workload")
    unit: str = Field(description="what one operation is")
    order: Literal["package", "round_robin"] = Field(description="default order of enabling cores")
    usual_kernel: str | None = Field(
        default=None,
        exclude=True,  # by then a kernel has been chosen
        description="kernel that it runs on where none is chosen; null: the default of all runs",
    )
    sources: Sources

    @property
    def work_ghz(self) -> float | None:
        """Clock of the cores that the workload's processor times come from; None: any."""
        return None

    @property
    def one_task_a_core(self) -> str | None:
        """Why there cannot be more tasks than hardware threads, to end a message; None: can be."""
        return ""

    @property
    def paced(self) -> bool:
        """Whether operations start at a pace of their own: how long each takes then says all."""
        return False

    @property
    def turn(self) -> Turn | None:
        """What each core does in its turn, where all want one thing and nothing else; else None."""
        return None

    @property
    def operations_outstanding(self) -> int:
        """Operations that a core has begun or that wait for it, at a time.

        What a start leaves behind (an empty queue, cores in step) is gone after so many rounds of
        them: the warm-up and the window are counted in these.
        """
        return 1

    @property
    def simulated_share(self) -> float:
        """Share of an operation that is simulated; times are scaled up to a whole one."""
        return 1.0

    @property
    def fewest_cores(self) -> int:
        """Active cores that the workload needs at least."""
        return 1

    def problem_on(self, hardware: Hardware) -> str:
        """Say why the workload cannot run on a machine, with the key; empty if it can."""
        return ""

    def problem(self, cores: int) -> str:
        """Say why the workload cannot run on so many cores; empty if it can."""
        if cores >= self.fewest_cores:
            return ""
        return f"{self.name} needs at least {self.fewest_cores} active cores, not {cores}"


class MeasuredWorkload(WorkloadSettings):
    """Base of workloads whose processor times were measured on a real machine."""

    measured_at_ghz: Annotated[float, Field(ge=0.1, le=20.0)] = Field(
        description="clock of the machine that the processor times come from; on another clock "
        "the work takes as many cycles"
    )

    @property
    def work_ghz(self) -> float | None:
        """Clock of the cores that the workload's processor times come from."""
        return self.measured_at_ghz
