"""From a workload's settings to its program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.engine.assembler import Assembler
from sim.workload import compute_bound, exim, ip_loopback, metis, network_server
from sim.workload.micro import (
    broadcast,
    counter,
    line_sharing,
    lock,
    memory_scan,
    page_fault,
    urpc,
)

if TYPE_CHECKING:
    from sim.config.schema.run import RunConfig
    from sim.machine.site import Site

Builder = Callable[[Any, Any, "Site"], Assembler]

BUILDERS: dict[str, Builder] = {
    "broadcast": broadcast.build,
    "compute_bound": compute_bound.build,
    "counter": counter.build,
    "exim": exim.build,
    "ip_loopback": ip_loopback.build,
    "line_sharing": line_sharing.build,
    "lock": lock.build,
    "memory_scan": memory_scan.build,
    "metis": metis.build,
    "network_server": network_server.build,
    "page_fault": page_fault.build,
    "urpc": urpc.build,
}
"""Builder of each kind of workload: from its settings, the kernel's, and a site."""


def build_program(config: RunConfig, site: Site) -> Assembler:
    """Lower the configured workload through the configured kernel onto active cores."""
    return BUILDERS[config.workload.kind](config.workload, config.kernel, site)
