"""Unmapping a page on whichever kernel a run has chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sim.kernel.barrelfish.clusters import Clusters
from sim.kernel.barrelfish.unmap import ClusterUnmap, MessageUnmap
from sim.kernel.ipi_shootdown import IpiUnmap
from sim.kernel.linux.message_unmap import KernelMessageUnmap
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.config.schema.design import KernelDesign
    from sim.machine.site import Site


class Unmap(Protocol):
    """What core 0 and the others do when a page that all have mapped is unmapped."""

    def emit_unmap(self, asm: Assembler) -> None:
        """Emit one unmap on core 0."""

    def emit_responder(self, asm: Assembler, core: int) -> Label:
        """Emit the loop of another core; returns its start."""


def make_unmap(asm: Assembler, kernel: KernelDesign, site: Site) -> Unmap:
    """The kernel's way to unmap a page."""
    if kernel.kind == "barrelfish":
        alone = Clusters(site, kernel.cluster).are_cores
        unmap = MessageUnmap if alone else ClusterUnmap
        return unmap(asm, kernel, site)
    if kernel.kind == "linux" and kernel.objects.shootdown.by == "messages":
        return KernelMessageUnmap(asm, kernel.objects.shootdown, site)
    return IpiUnmap(asm, kernel.objects.shootdown, site)
