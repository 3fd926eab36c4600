"""From a workload's settings to its program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sim.engine.assembler import Assembler
from sim.workload import exim
from sim.workload.micro import (
    broadcast,
    counter,
    line_sharing,
    lock,
    lrpc,
    page_fault,
    polling,
    shared_object,
    shared_update,
    two_phase_commit,
    unmap,
    urpc,
)

if TYPE_CHECKING:
    from sim.config.schema.run import RunConfig
    from sim.machine.site import Site

Builder = Callable[[Any, Any, "Site"], Assembler]

BUILDERS: dict[str, Builder] = {
    "broadcast": broadcast.build,
    "counter": counter.build,
    "exim": exim.build,
    "line_sharing": line_sharing.build,
    "lock": lock.build,
    "lrpc": lrpc.build,
    "page_fault": page_fault.build,
    "polling": polling.build,
    "shared_object": shared_object.build,
    "shared_update": shared_update.build,
    "two_phase_commit": two_phase_commit.build,
    "unmap": unmap.build,
    "urpc": urpc.build,
}
"""Builder of each kind of workload: from its settings, the kernel's, and a site."""


def build_program(config: RunConfig, site: Site) -> Assembler:
    """Lower the configured workload through the configured kernel onto active cores."""
    return BUILDERS[config.workload.kind](config.workload, config.kernel, site)
