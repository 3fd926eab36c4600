"""Settings of micro/lrpc."""

from __future__ import annotations

from typing import ClassVar, Literal

from sim.config.schema.workload.base import WorkloadSettings


class LrpcWorkload(WorkloadSettings):
    """Two programs on one core call each other through its CPU driver (micro/lrpc)."""

    usual_kernel: ClassVar[str] = "barrelfish"

    kind: Literal["lrpc"]
