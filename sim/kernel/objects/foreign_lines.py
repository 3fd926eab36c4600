"""Lines that another core wrote last, fetched in bulk: of any core, or of the own cluster's.

What most system calls touch is never contended at that instant, but was written elsewhere before.
Where a kernel's objects belong to a core or a cluster, its lines come from there, but for the share
that `kernel.foreign_lines` says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

Fetched = Callable[["Assembler"], None]
"""Emits fetching them."""


def from_any_core(context: KernelContext, lines: int) -> Fetched:
    """Lines that any active core of the kernel may have written."""
    return lambda asm: context.fetch_lines(asm, lines)


def from_own_cluster(context: KernelContext, lines: int) -> Fetched:
    """Lines that cores of the own cluster wrote, but for a share of them."""
    if context.clusters.are_cores:
        return from_any_core(context, round(context.table.part("foreign_lines") * lines))
    if context.clusters.are_one:
        return from_any_core(context, lines)
    return lambda asm: context.cluster_lines.fetch(asm, lines)
