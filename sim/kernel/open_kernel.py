"""From a kernel's settings to its system calls, whatever its design."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.assembler import Assembler
from sim.kernel.barrelfish.services import Services
from sim.kernel.linux.kernel import Linux
from sim.kernel.population import ALONE, Population

if TYPE_CHECKING:
    from sim.config.schema.design import KernelDesign
    from sim.machine.site import Site


def open_kernel(
    asm: Assembler, kernel: KernelDesign, site: Site, population: Population = ALONE
) -> Linux:
    """The system calls of a kernel.

    Raises:
        ValueError: if the kernel has none that workloads could use.
    """
    if kernel.kind == "linux":
        return Linux(asm, kernel, site, population)
    if kernel.kind == "barrelfish":
        return Services(asm, kernel, site, population)
    raise ValueError(f"{kernel.name} can only unmap pages")
