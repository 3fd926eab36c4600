"""From a workload's settings to its program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.kernel.table import KernelTable
from sim.machine.islands import require_messages_only
from sim.program.assembler import Assembler
from sim.program.freeing import free
from sim.workload import (
    apache,
    compute_bound,
    exim,
    gmake,
    ip_loopback,
    memcached,
    metis,
    network_server,
    pedsort,
    postgres,
)
from sim.workload.micro import (
    accept,
    broadcast,
    counter,
    line_sharing,
    lock,
    lrpc,
    memory_scan,
    open_close,
    page_fault,
    polling,
    refcount,
    serial_section,
    shared_object,
    shared_update,
    two_phase_commit,
    udp,
    unmap,
    urpc,
)

if TYPE_CHECKING:
    from sim.config.schema.run import RunConfig
    from sim.machine.site import Site

Builder = Callable[[Any, Any, "Site"], Assembler]

BUILDERS: dict[str, Builder] = {
    "accept": accept.build,
    "apache": apache.build,
    "broadcast": broadcast.build,
    "compute_bound": compute_bound.build,
    "counter": counter.build,
    "exim": exim.build,
    "gmake": gmake.build,
    "ip_loopback": ip_loopback.build,
    "line_sharing": line_sharing.build,
    "lock": lock.build,
    "lrpc": lrpc.build,
    "memcached": memcached.build,
    "memory_scan": memory_scan.build,
    "metis": metis.build,
    "network_server": network_server.build,
    "open_close": open_close.build,
    "page_fault": page_fault.build,
    "pedsort": pedsort.build,
    "polling": polling.build,
    "postgres": postgres.build,
    "refcount": refcount.build,
    "serial_section": serial_section.build,
    "shared_object": shared_object.build,
    "shared_update": shared_update.build,
    "two_phase_commit": two_phase_commit.build,
    "udp": udp.build,
    "unmap": unmap.build,
    "urpc": urpc.build,
}
"""Builder of each kind of workload: from its settings, the kernel's, and a site."""


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
