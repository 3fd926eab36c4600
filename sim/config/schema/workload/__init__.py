"""Settings of workloads (group `workload`), one module each."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.config.schema.workload.broadcast import BroadcastWorkload
from sim.config.schema.workload.counter import CounterWorkload
from sim.config.schema.workload.exim import EximWorkload
from sim.config.schema.workload.line_sharing import LineSharingWorkload
from sim.config.schema.workload.lock import LockWorkload
from sim.config.schema.workload.lrpc import LrpcWorkload
from sim.config.schema.workload.page_fault import PageFaultWorkload
from sim.config.schema.workload.polling import PollingWorkload
from sim.config.schema.workload.shared_object import SharedObjectWorkload
from sim.config.schema.workload.shared_update import SharedUpdateWorkload
from sim.config.schema.workload.two_phase_commit import TwoPhaseCommitWorkload
from sim.config.schema.workload.unmap import UnmapWorkload
from sim.config.schema.workload.urpc import UrpcWorkload

Workload = Annotated[
    EximWorkload
    | LineSharingWorkload
    | PageFaultWorkload
    | LockWorkload
    | CounterWorkload
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
