"""From a workload's settings to its program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kernel.table import KernelTable
from sim.machine.islands import require_messages_only
from sim.program.assembler import Assembler
from sim.program.freeing import free
from sim.workload.registry import BUILDERS

if TYPE_CHECKING:
    from sim.config.run import RunConfig
    from sim.machine.site import Site


def lowered(config: RunConfig, site: Site) -> tuple[Assembler, frozenset[str]]:
    """Lower the workload, and say which parts of the kernel's table it read.

    Raises:
        ValueError: if the kernel lacks something that the workload uses.
    """
    table = KernelTable(config.kernel)
    program = BUILDERS[config.workload.kind](config.workload, table, site)
    if not config.kernel.shares_memory:
        program.replicas |= program.replicable
    return program, frozenset(table.felt)


def build_program(config: RunConfig, site: Site) -> Assembler:
    """Lower the configured workload through the configured kernel onto active cores.

    Raises:
        ValueError: if an object that shall cost nothing cannot be freed, or packages share
            memory that the machine does not keep coherent.
    """
    program, _ = lowered(config, site)
    free(program, config.free)
    require_messages_only(program, site)
    return program
