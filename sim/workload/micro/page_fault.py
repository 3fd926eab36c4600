"""Every active core touches fresh pages, one page fault after another (micro/page_fault).

With `address_space: private` each core faults in a process of its own; with `shared` all are
threads of one process and pass its address space's lock. One operation is one fault; pages come
from the core's own node. Source: MOSBENCH's memclone measurement of the 48-core machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.assembler import Assembler
from sim.kernel.linux.address_space import SharedAddressSpace
from sim.kernel.linux.page_fault import PageFaults

if TYPE_CHECKING:
    from sim.config.schema.kernel import Kernel
    from sim.config.schema.workload.page_fault import PageFaultWorkload
    from sim.machine.site import Site

OBJECT = "page_fault"


def build(workload: PageFaultWorkload, kernel: Kernel, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    with asm.at(OBJECT, isa.SYSTEM):
        faults = PageFaults(asm, kernel.objects, site, not kernel.fix.page_false_sharing)
        shared = workload.address_space == "shared"
        space = SharedAddressSpace(asm, kernel.objects, site)
        start = asm.place()
        asm.emit(isa.BEGIN)
        if shared:
            space.enter_fault(asm)
        faults.fault(asm, 1, remote=0.0)
        if shared:
            space.leave_fault(asm)
        asm.emit(isa.END)
        asm.jump(start)
    for core in range(site.cores):
        asm.thread(core, start)
    return asm
