"""From a workload's settings to its program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.assembler import Assembler
from sim.workload import exim
from sim.workload.micro import counter, line_sharing, lock, page_fault

if TYPE_CHECKING:
    from sim.config.schema import RunConfig
    from sim.machine.site import Site


def build_program(config: RunConfig, site: Site) -> Assembler:
    """Lower the configured workload through the configured kernel onto active cores."""
    workload = config.workload
    if workload.kind == "exim":
        return exim.build(workload, config.kernel, site)
    if workload.kind == "lock":
        return lock.build(workload, config.kernel, site)
    if workload.kind == "page_fault":
        return page_fault.build(workload, config.kernel, site)
    if workload.kind == "counter":
        return counter.build(workload, site)
    return line_sharing.build(workload, site)
