"""Tasks ask for the status of one file: stat2 of will-it-scale (scale/stat).

One operation is one stat(): the path is resolved, a reference to its last component taken, the
status copied, and the reference dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.workload.scale.tasks import OneFileSettings, repeats

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class Stat(OneFileSettings):
    """Tasks ask for the status of one file (scale/stat)."""

    kind: Literal["stat"]


@repeats(Stat, "stat")
def stat(workload: Stat, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one operation of a task."""
    calls.stat(asm)
