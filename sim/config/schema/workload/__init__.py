"""Settings of workloads (group `workload`), one module each."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.config.schema.workload.accept import AcceptWorkload
from sim.config.schema.workload.apache import ApacheWorkload
from sim.config.schema.workload.counter import CounterWorkload
from sim.config.schema.workload.exim import EximWorkload
from sim.config.schema.workload.line_sharing import LineSharingWorkload
from sim.config.schema.workload.lock import LockWorkload
from sim.config.schema.workload.memcached import MemcachedWorkload
from sim.config.schema.workload.page_fault import PageFaultWorkload
from sim.config.schema.workload.refcount import RefcountWorkload
from sim.config.schema.workload.udp import UdpWorkload

Workload = Annotated[
    EximWorkload
    | LineSharingWorkload
    | PageFaultWorkload
    | LockWorkload
    | CounterWorkload
    | MemcachedWorkload
    | ApacheWorkload
    | AcceptWorkload
    | RefcountWorkload
    | UdpWorkload,
    Field(discriminator="kind"),
]
