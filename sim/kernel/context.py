"""What the kernel objects of one simulation are made from: the table, the machine, each other."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from sim.engine import isa
from sim.kernel.clusters import ClusterLines, Clusters
from sim.kernel.locks import KernelLocks
from sim.kernel.table import NUMBERS, STRATEGIES, KernelObject, KernelTable
from sim.machine.memory import DramStream, MemoryControllers

if TYPE_CHECKING:
    from sim.kernel.messages import Messages
    from sim.kernel.population import Population
    from sim.machine.site import Site
    from sim.program.assembler import Assembler

Object = TypeVar("Object", bound=KernelObject)


class KernelContext:
    """A kernel on a machine under a program: where its objects find each other and the hardware.

    Args:
        asm: program that the objects' lines belong to.
        table: the kernel's objects and how they are shared.
        site: machine and active cores.
        population: how many of each object the workload uses.

    Attributes:
        machine: the context of all kernels of the machine, where this is of one of several.
        kernel: number of that kernel; None: of the only one, or of all.
    """

    def __init__(
        self, asm: Assembler, table: KernelTable, site: Site, population: Population
    ) -> None:
        self.asm, self.table, self.site, self.population = asm, table, site, population
        self.locks = KernelLocks(asm, table, site)
        self.machine: KernelContext | None = None
        self.kernel: int | None = None

    def of_kernel(self, number: int) -> KernelContext:
        """The same for one kernel of several, which share the hardware and nothing else."""
        made = copy(self)
        made.machine, made.kernel = self, number
        return made

    @property
    def several(self) -> bool:
        """Whether the active cores have more than one kernel."""
        kernels: int = self.table.part("kernels")
        return min(kernels, self.site.cores) > 1

    @property
    def members(self) -> Sequence[int]:
        """The kernel's active cores."""
        if self.kernel is None:
            return range(self.site.cores)
        return self.clusters.members[self.kernel]

    def fetch_lines(self, asm: Assembler, lines: int) -> None:
        """Emit fetching so many lines that another core of the kernel wrote last."""
        if self.machine is None or self.kernel is None:
            asm.emit(isa.BULK, value=lines)
        else:
            self.machine.cluster_lines.fetch_of(asm, self.kernel, lines)

    def settings(self, of: type[Object]) -> Object:
        """The table's line of an object, see `KernelTable.settings`."""
        return self.table.settings(of)

    def make(self, of: type[KernelObject]) -> Any:
        """Make an object with the strategy that the table names.

        Raises:
            ValueError: if the kernel has no such object, or not the strategy's numbers.
        """
        settings = self.settings(of)
        chosen = of.key, getattr(settings, of.choice)
        numbers = NUMBERS[chosen].model_fields if chosen in NUMBERS else {}
        for name, field in numbers.items():
            if getattr(settings, name) is not None:
                continue
            if field.is_required():
                raise ValueError(
                    f"kernel.objects.{of.key}.{name}: missing in {self.table.name}; "
                    f"{of.choice}: {chosen[1]} needs it"
                )
            settings = settings.model_copy(update={name: field.default})
        return STRATEGIES[chosen](self, settings)

    @cached_property
    def clusters(self) -> Clusters:
        """Cores that own objects together: each alone, unless the kernel has larger clusters."""
        return Clusters(self.site, self.table.part("cluster"), self.table.part("kernels"))

    @cached_property
    def messages(self) -> Messages:
        """What messages between the kernel's cores cost."""
        found: Messages | None = self.table.part("objects.monitor")
        return found or self.table.needed("objects.shootdown.messages")

    @cached_property
    def cluster_lines(self) -> ClusterLines:
        """Lines that another core of the same cluster wrote."""
        return ClusterLines(self.asm, self.clusters, self.table.part("foreign_lines"))

    @cached_property
    def memory(self) -> MemoryControllers:
        """The machine's memory controllers, which page faults and programs share."""
        if self.machine is not None:
            return self.machine.memory
        return MemoryControllers(self.asm, self.site)

    @cached_property
    def stream(self) -> DramStream:
        """Streams of lines through those controllers."""
        if self.machine is not None:
            return self.machine.stream
        return DramStream(self.asm, self.site, self.memory)
