"""Settings of the compute-bound programs (nas/..., splash/...)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from sim.config.schema.settings import Count, Cycles, Fraction, PositiveCount
from sim.config.schema.workload.base import WorkloadSettings

Kib = Annotated[float, Field(ge=0, le=1e12)]


class ComputeBoundWorkload(WorkloadSettings):
    """A parallel program with barriers (SOSP'09 section 5.3): one operation is one whole run."""

    batch: ClassVar[bool] = True

    kind: Literal["compute_bound"]
    iterations: PositiveCount = Field(description="iterations of the whole program")
    simulated_iterations: PositiveCount = Field(description="of which so many are simulated")
    parallel_cycles: Cycles = Field(description="work of an iteration that the cores divide")
    serial_cycles: Cycles = Field(description="work of an iteration that one core does alone")
    replicated_cycles: Cycles = Field(
        description="work of an iteration that every core does in full"
    )
    imbalance: Fraction = Field(
        description="share of a core's part of the work that is drawn, from 0 to twice its mean"
    )
    barriers: Count = Field(description="barriers of an iteration, at its end")
    working_set_kib: Kib = Field(
        description="data that the cores divide among them and sweep over, on the first node"
    )
    sweeps: Annotated[float, Field(ge=0, le=1e6)] = Field(
        description="sweeps over that data in an iteration"
    )
    exchanged_lines: Count = Field(
        description="lines that every core reads in an iteration, of which each core wrote a part"
    )
    blocks: PositiveCount = Field(
        description="parts of an iteration between which a core waits for its data"
    )
    critical_cycles: Cycles = Field(
        description="critical section that every core runs once in an iteration"
    )
    tasks: Count = Field(
        description="tasks of an iteration, taken from one queue; the parallel work is theirs"
    )
    task_hold_cycles: Cycles = Field(description="cycles under the queue's lock for each task")

    @model_validator(mode="after")
    def _simulates_part_of_the_whole(self) -> ComputeBoundWorkload:
        if self.simulated_iterations > self.iterations:
            raise ValueError(
                f"simulated_iterations: {self.simulated_iterations} is more than the "
                f"{self.iterations} iterations"
            )
        return self

    @property
    def simulated_share(self) -> float:
        """Iterations simulated, of all."""
        return self.simulated_iterations / self.iterations
