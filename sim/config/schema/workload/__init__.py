"""Settings of workloads (group `workload`), one module each."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.config.schema.workload.broadcast import BroadcastWorkload
from sim.config.schema.workload.compute_bound import ComputeBoundWorkload
from sim.config.schema.workload.counter import CounterWorkload
from sim.config.schema.workload.exim import EximWorkload
from sim.config.schema.workload.ip_loopback import IpLoopbackWorkload
from sim.config.schema.workload.line_sharing import LineSharingWorkload
from sim.config.schema.workload.lock import LockWorkload
from sim.config.schema.workload.memory_scan import MemoryScanWorkload
from sim.config.schema.workload.metis import MetisWorkload
from sim.config.schema.workload.network_server import NetworkServerWorkload
from sim.config.schema.workload.page_fault import PageFaultWorkload
from sim.config.schema.workload.urpc import UrpcWorkload

Workload = Annotated[
    EximWorkload
    | LineSharingWorkload
    | PageFaultWorkload
    | LockWorkload
    | CounterWorkload
    | MemoryScanWorkload
    | MetisWorkload
    | ComputeBoundWorkload
    | IpLoopbackWorkload
    | NetworkServerWorkload
    | UrpcWorkload
    | BroadcastWorkload,
    Field(discriminator="kind"),
]
