"""Tasks send themselves a signal and handle it: signal1 of will-it-scale (scale/signal1).

One operation is one raise(): signals are blocked, the task is sent one, they are unblocked, the
handler, which does nothing, runs and returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.tasks import TasksSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class Signal1(TasksSettings):
    """Tasks send themselves a signal and handle it (scale/signal1)."""

    kind: Literal["signal1"]


@repeats(Signal1, "signal")
def raise_signal(workload: Signal1, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one signal."""
    calls.raise_signal(asm)
