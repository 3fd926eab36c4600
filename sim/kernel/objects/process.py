"""Processes: what creating and ending one touches of other cores' memory (OSDI'10 section 5.2).

A fork and the exit touch page tables, tasks, run queues and the page allocator.

    shared   Their lines were last written by whichever core forked before, and are fetched from it.
    owned    Processes are made from memory and structures of the core's own, or of its cluster's;
             only a share of the lines (`kernel.foreign_lines`) comes from elsewhere.

Not modelled: waiting for one another at these lines; they are charged in bulk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.kernel.objects.foreign_lines import Fetched, from_any_core, from_own_cluster
from sim.kernel.table import KernelObject, strategy
from sim.settings import Count

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext


class Processes(KernelObject):
    """Creation and end of processes."""

    key: ClassVar[str] = "processes"

    fork_lines: Count = Field(
        description="lines last written by another core that a fork and the exit touch "
        "(page tables, task, run queue, page allocator)"
    )


@strategy(Processes, "shared")
def shared(context: KernelContext, processes: Processes) -> Fetched:
    """made from structures that any core wrote last."""
    return from_any_core(context, processes.fork_lines)


@strategy(Processes, "owned", by_cluster=True)
def owned(context: KernelContext, processes: Processes) -> Fetched:
    """made from structures of the core's own, or of its cluster's."""
    return from_own_cluster(context, processes.fork_lines)
