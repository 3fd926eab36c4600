"""Tasks give up their cores: sched_yield of will-it-scale (scale/sched_yield).

One operation is one sched_yield(), after which the task goes on, as there is no other on its core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.tasks import TasksSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class SchedYield(TasksSettings):
    """Tasks give up their cores (scale/sched_yield)."""

    kind: Literal["sched_yield"]

    @property
    def one_task_a_core(self) -> str:
        """Why there cannot be more tasks than hardware threads: who yields gives its turn away."""
        return "; a task that yields gives its turn away, which is not modelled"


@repeats(SchedYield, "run_queue")
def give_way(workload: SchedYield, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one operation of a task."""
    calls.give_way(asm)
