"""One core does the serial part of a job, then all cores do their share of the rest, and so on.

One operation is a job. Cores wait asleep for the serial part and at the end of the rest. With
free barriers the speed-up is Amdahl's, 1 / (serial + (1 - serial) / N), at any core count
(OSDI'10 section 4.1: with 25 % serial work never more than 4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.program.assembler import Assembler, Label
from sim.settings import Fraction, PositiveCycles
from sim.sync.barrier import Barrier
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class SerialSectionWorkload(WorkloadSettings):
    """A job with a serial part and a part that divides over cores (micro/serial_section)."""

    batch: ClassVar[bool] = True

    kind: Literal["serial_section"]
    job_cycles: PositiveCycles = Field(description="work of the whole job")
    serial_fraction: Fraction = Field(description="share of the work that one core does alone")


@lowers(SerialSectionWorkload)
def build(workload: SerialSectionWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    serial = round(workload.job_cycles * workload.serial_fraction)
    share = (workload.job_cycles - serial) // site.cores
    begun, done = Barrier(asm, site.cores), Barrier(asm, site.cores)
    root, worker = Label(), Label()
    for label, does_serial in ((root, True), (worker, False)):
        asm.place(label)
        asm.emit(isa.BEGIN)
        with asm.at("serial_section"):
            if does_serial:
                asm.compute(serial)
            begun.wait(asm)
        with asm.at("parallel_section"):
            asm.compute(share)
            done.wait(asm)
        if does_serial:
            asm.emit(isa.END)
        asm.jump(label)
    for core in range(site.cores):
        asm.thread(core, worker if core else root)
    return asm
