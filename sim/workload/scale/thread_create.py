"""Tasks create a thread and wait for its end: threadspawn1 of will-it-scale (scale/thread_create).

The thread ends at once. One operation is pthread_create() and pthread_join(): all tasks meet at the
locks of the list of tasks and of their numbers, processes as much as threads. Creating, running
and ending the thread are charged to the task's own core, wherever it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.tasks import TasksSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class ThreadCreate(TasksSettings):
    """Tasks create a thread and wait for its end (scale/thread_create)."""

    kind: Literal["thread_create"]

    @property
    def one_task_a_core(self) -> str:
        """Why there cannot be more tasks than hardware threads: the thread waits for a turn."""
        return "; a new thread waits for its turn, which is not modelled"


@repeats(ThreadCreate, "thread")
def create_and_join(workload: ThreadCreate, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one operation of a task."""
    calls.create_and_join_thread(asm)
