"""Every active core takes and drops a reference to one kernel object (micro/refcount).

One operation is one reference taken and dropped, with private work in between. Stock Linux counts
references in one atomic word; the object's fix makes it a sloppy counter (OSDI'10 section 4.3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.kernel.kernels import part_of_each
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.settings import Cycles
from sim.workload.registry import lowers
from sim.workload.settings import WorkloadSettings

if TYPE_CHECKING:
    from sim.kernel.objects.reference_count import ReferenceCount
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class RefcountWorkload(WorkloadSettings):
    """Every core takes and drops a reference to one kernel object in a loop (micro/refcount)."""

    kind: Literal["refcount"]
    object: Literal["dentry", "vfsmount", "dst_entry"] = Field(
        description="whose reference count; the kernel's fix decides what kind of counter it is"
    )
    think_cycles: Cycles = Field(description="private work between taking and dropping it")


@lowers(RefcountWorkload)
def build(workload: RefcountWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    asm.mode = isa.SYSTEM
    calls = SystemCalls(asm, kernel, site)
    made: dict[str, Callable[[], ReferenceCount]] = {
        "dentry": lambda: part_of_each(calls.dentries, "references"),
        "vfsmount": lambda: calls.mounts,
        "dst_entry": lambda: calls.route,
    }
    references = made[workload.object]()
    with asm.at("think"), asm.operations(range(site.cores)):
        references.get(asm, isa.NONE)
        asm.emit(isa.COMPUTE_DRAWN, value=workload.think_cycles, target=EXPONENTIAL)
        references.put(asm, isa.NONE)
    return asm
