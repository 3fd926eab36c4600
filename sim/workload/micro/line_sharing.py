"""All active cores touch the same cache lines at once (micro/line_sharing).

`write`: every core writes each line with a locked add. `read`: every core reads. In
`read_after_write` core 0 writes at the start of a period and the others read together half a
period later; the operations are the readers' (a single active core reads its own write). With
`period_cycles` = 0 the cores run back to back. Source: the cache-line sharing measurement of
Clements' thesis (MIT 2014).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import UNIFORM
from sim.program.assembler import Assembler, Label
from sim.settings import Cycles
from sim.workload.registry import lowers
from sim.workload.settings import Turn, WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class LineSharingWorkload(WorkloadSettings):
    """All cores touch the same cache lines at once (micro/line_sharing)."""

    kind: Literal["line_sharing"]
    mode: Literal["write", "read", "read_after_write"] = Field(
        description="write: every core writes; read: every core reads; "
        "read_after_write: one core writes, then the others read at once"
    )
    lines: Annotated[int, Field(ge=1, le=1024, strict=True)] = Field(
        description="cache lines touched by one operation"
    )
    period_cycles: Cycles = Field(
        description="all cores act together once per period; 0 = back to back"
    )

    @property
    def turn(self) -> Turn | None:
        """A write of the lines, which all cores write at once or back to back."""
        if self.mode != "write":
            return None
        return Turn(0, self.lines, None if self.paced else 0)

    @property
    def paced(self) -> bool:
        """Whether the cores act once per period, however long that takes."""
        return self.period_cycles > 0


OBJECT = "line"
# Mean cycles by which a core may miss the start of a period: makes the order random, and is small
# beside any transfer of a line.
SKEW = 32


@lowers(LineSharingWorkload)
def build(workload: LineSharingWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.USER):
        lines = asm.new_lines(workload.lines)
        writer_apart = workload.mode == "read_after_write" and site.cores > 1
        if writer_apart:
            asm.thread(0, emit_writer(asm, workload, lines))
        reader = emit_loop(asm, workload, lines, writes_itself=not writer_apart)
        for core in range(1 if writer_apart else 0, site.cores):
            asm.thread(core, reader)
    return asm


def emit_writer(asm: Assembler, workload: LineSharingWorkload, lines: int) -> Label:
    """Emit the loop of the one core that writes; returns its start."""
    start = asm.place()
    wait_for_period(asm, workload)
    touch(asm, lines, workload.lines, isa.FETCH_ADD)
    asm.jump(start)
    return start


def emit_loop(
    asm: Assembler, workload: LineSharingWorkload, lines: int, writes_itself: bool
) -> Label:
    """Emit the loop of a core whose accesses are the operations; returns its start."""
    start = asm.place()
    wait_for_period(asm, workload)
    if workload.mode == "read_after_write":
        if writes_itself:
            touch(asm, lines, workload.lines, isa.FETCH_ADD)
        if workload.period_cycles > 1:
            asm.emit(isa.ALIGN, value=workload.period_cycles // 2)
            asm.emit(isa.COMPUTE_DRAWN, value=SKEW, target=UNIFORM)
    asm.emit(isa.BEGIN)
    touch(asm, lines, workload.lines, isa.FETCH_ADD if workload.mode == "write" else isa.LOAD)
    asm.emit(isa.END)
    asm.jump(start)
    return start


def wait_for_period(asm: Assembler, workload: LineSharingWorkload) -> None:
    """Emit idling until the next period, and a small random skew."""
    if workload.period_cycles:
        asm.emit(isa.ALIGN, value=workload.period_cycles)
        asm.emit(isa.COMPUTE_DRAWN, value=SKEW, target=UNIFORM)


def touch(asm: Assembler, lines: int, count: int, op: int) -> None:
    """Emit one access to each line in turn."""
    with asm.registers(2) as (line, word):
        asm.emit(isa.SET, dst=line, value=count)
        top = asm.place()
        asm.emit(isa.SET, dst=line, source=line, value=-1)
        asm.emit(op, address=lines, index=line, dst=word, value=1)
        asm.branch(line, isa.AT_LEAST, 1, top)
