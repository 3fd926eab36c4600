"""Every active core takes and drops references, or reads the exact count (micro/counter).

A core takes some references one after another and then drops them. One operation is one update
or one exact read, chosen at random with probability `read_fraction`; private work separates two
operations. The paper's Figure 2 is a trace of two cores on the sloppy counter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.program.assembler import Assembler, Label
from sim.program.shares import branch_for_share
from sim.settings import Count, Cycles, Fraction
from sim.sync.per_core_counter import PerCoreCounter
from sim.sync.shared_counter import SharedCounter
from sim.sync.sloppy_counter import SloppyCounter
from sim.workload.registry import lowers
from sim.workload.settings import Turn, WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class CounterWorkload(WorkloadSettings):
    """Every core updates one counter in a loop (micro/counter)."""

    kind: Literal["counter"]
    counter: Literal["shared", "sloppy", "per_core"] = Field(description="kind of counter")
    read_fraction: Fraction = Field(
        description="share of operations that read the exact value, not update it, to 1/1000"
    )
    threshold: Count = Field(description="spare references a core of a sloppy counter keeps")
    references: Annotated[int, Field(ge=1, le=1000, strict=True)] = Field(
        description="references that a core takes one after another before it drops them"
    )
    think_cycles: Cycles = Field(description="private work between two operations")

    @property
    def turn(self) -> Turn | None:
        """An update of the counter, where there is one for all."""
        return Turn(0, 1, self.think_cycles) if self.counter == "shared" else None


OBJECT = "counter"

Counter = SharedCounter | SloppyCounter | PerCoreCounter


def make_counter(asm: Assembler, workload: CounterWorkload, cores: int) -> Counter:
    """The counter that the workload names."""
    if workload.counter == "shared":
        return SharedCounter(asm)
    if workload.counter == "sloppy":
        return SloppyCounter(asm, cores, workload.threshold)
    return PerCoreCounter(asm, cores)


@lowers(CounterWorkload)
def build(workload: CounterWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.USER):
        counter = make_counter(asm, workload, site.cores)
        start = asm.place()
        for update in (counter.acquire, counter.release):
            with asm.repeat(workload.references):
                emit_operation(asm, workload, counter, update)
        asm.jump(start)
    for core in range(site.cores):
        asm.thread(core, start)
    return asm


def emit_operation(
    asm: Assembler,
    workload: CounterWorkload,
    counter: Counter,
    update: Callable[[Assembler], None],
) -> None:
    """Emit private work, and then one update or one exact read."""
    with asm.at("think"):
        asm.emit(isa.COMPUTE_DRAWN, value=workload.think_cycles, target=EXPONENTIAL)
        asm.emit(isa.BEGIN)
    with asm.registers(2) as (choice, value):
        read, done = Label(), Label()
        branch_for_share(asm, choice, workload.read_fraction, read)
        update(asm)
        asm.jump(done)
        asm.place(read)
        counter.read_exact(asm, value)
        asm.place(done)
        asm.emit(isa.END)
