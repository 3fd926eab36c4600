"""Tasks send themselves a signal and handle it: signal1 of will-it-scale (scale/signal1).

One operation is one raise(): signals are blocked, the task is sent one, they are unblocked, the
handler, which does nothing, runs and returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.engine import isa
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.workload.registry import lowers
from sim.workload.scale.tasks import TasksSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class Signal1(TasksSettings):
    """Tasks send themselves a signal and handle it (scale/signal1)."""

    kind: Literal["signal1"]


@lowers(Signal1)
def build(workload: Signal1, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the tasks on all active cores of a site."""
    asm = Assembler()
    with asm.at("signal", isa.SYSTEM):
        calls = SystemCalls(asm, kernel, site, workload.population)
        with asm.operations(range(site.cores)):
            calls.raise_signal(asm)
    return asm
