"""Settings of workloads (group `workload`), one module each."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.config.schema.workload.accept import AcceptWorkload
from sim.config.schema.workload.apache import ApacheWorkload
from sim.config.schema.workload.broadcast import BroadcastWorkload
from sim.config.schema.workload.compute_bound import ComputeBoundWorkload
from sim.config.schema.workload.counter import CounterWorkload
from sim.config.schema.workload.exim import EximWorkload
from sim.config.schema.workload.gmake import GmakeWorkload
from sim.config.schema.workload.ip_loopback import IpLoopbackWorkload
from sim.config.schema.workload.line_sharing import LineSharingWorkload
from sim.config.schema.workload.lock import LockWorkload
from sim.config.schema.workload.lrpc import LrpcWorkload
from sim.config.schema.workload.memcached import MemcachedWorkload
from sim.config.schema.workload.memory_scan import MemoryScanWorkload
from sim.config.schema.workload.metis import MetisWorkload
from sim.config.schema.workload.network_server import NetworkServerWorkload
from sim.config.schema.workload.open_close import OpenCloseWorkload
from sim.config.schema.workload.page_fault import PageFaultWorkload
from sim.config.schema.workload.pedsort import PedsortWorkload
from sim.config.schema.workload.polling import PollingWorkload
from sim.config.schema.workload.postgres import PostgresWorkload
from sim.config.schema.workload.refcount import RefcountWorkload
from sim.config.schema.workload.serial_section import SerialSectionWorkload
from sim.config.schema.workload.shared_object import SharedObjectWorkload
from sim.config.schema.workload.shared_update import SharedUpdateWorkload
from sim.config.schema.workload.two_phase_commit import TwoPhaseCommitWorkload
from sim.config.schema.workload.udp import UdpWorkload
from sim.config.schema.workload.unmap import UnmapWorkload
from sim.config.schema.workload.urpc import UrpcWorkload

Workload = Annotated[
    EximWorkload
    | PostgresWorkload
    | GmakeWorkload
    | PedsortWorkload
    | LineSharingWorkload
    | PageFaultWorkload
    | LockWorkload
    | CounterWorkload
    | MemoryScanWorkload
    | MetisWorkload
    | MemcachedWorkload
    | ApacheWorkload
    | AcceptWorkload
    | RefcountWorkload
    | SerialSectionWorkload
    | UdpWorkload
    | OpenCloseWorkload
    | ComputeBoundWorkload
    | IpLoopbackWorkload
    | NetworkServerWorkload
    | UrpcWorkload
    | BroadcastWorkload
    | UnmapWorkload
    | LrpcWorkload
    | PollingWorkload
    | SharedObjectWorkload
    | SharedUpdateWorkload
    | TwoPhaseCommitWorkload,
    Field(discriminator="kind"),
]
