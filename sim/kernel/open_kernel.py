"""From a kernel's settings to its system calls, whatever its design."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kernel.barrelfish.clustered_services import ClusteredServices
from sim.kernel.barrelfish.clusters import Clusters
from sim.kernel.barrelfish.services import Services
from sim.kernel.linux.kernel import Linux
from sim.kernel.population import ALONE, Population
from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.config.schema.barrelfish import Barrelfish
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
        return open_multikernel(asm, kernel, site, population)
    raise ValueError(f"{kernel.name} can only unmap pages")


def open_multikernel(
    asm: Assembler, kernel: Barrelfish, site: Site, population: Population
) -> Linux:
    """The system calls of a multikernel: its clusters may be cores, or one of all active cores."""
    clusters = Clusters(site, kernel.cluster)
    if clusters.are_cores:
        return Services(asm, kernel, site, population)
    if len(clusters) == 1:
        return Linux(asm, kernel.services, site, population)
    return ClusteredServices(asm, kernel, clusters, population)
