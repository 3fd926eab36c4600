"""Settings of Barrelfish, the multikernel of SOSP'09."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.config.schema.kernel import LinuxKernel, Messages
from sim.config.schema.packet_path import PacketPath
from sim.config.schema.settings import Cycles, Fraction, Settings, Sources
from sim.config.schema.threads import Threads


class Lrpc(Settings):
    """A call between two programs on one core, through its CPU driver.

    Its other part is the machine's: `hardware.scheduling.protection_switch_cycles`.
    """

    activation_cycles: Cycles = Field(description="scheduler activation of the called dispatcher")
    dispatch_cycles: Cycles = Field(description="user-level dispatch to the message's handler")
    thread_scheduler_cycles: Cycles = Field(
        description="pass through the user-level thread scheduler"
    )


class Monitor(Messages):
    """The monitor of each core: messages between monitors, and operations on behalf of programs."""

    in_kernel: bool = Field(
        description="a part of the CPU driver, reached by a system call, instead of a program of "
        "its own, reached by LRPC"
    )
    schedule_cycles: Cycles = Field(
        description="delay until an idle core runs the monitor for a program's call, and the "
        "program again after it; a busy monitor polls for the next call"
    )
    operation_cycles: Cycles = Field(
        description="work of one operation on its coordinating core: look-up of the capability, "
        "state of the operation, the reply"
    )


class BarrelfishObjects(Settings):
    """Numbers of Barrelfish's parts."""

    lrpc: Lrpc
    monitor: Monitor


class Barrelfish(Settings):
    """The multikernel: a CPU driver and a monitor on each core, which share nothing.

    Or clusters of cores which share nothing with other clusters.
    """

    shares_memory: ClassVar[bool] = False

    name: str = Field(description="name of the kernel")
    kind: Literal["barrelfish"] = Field(description="family of system-call paths")
    objects: BarrelfishObjects
    services: LinuxKernel = Field(
        description="what the code of system calls costs: Linux's, with every fix; what its "
        "objects still share is partitioned or replicated instead"
    )
    cluster: Literal["core", "package"] = Field(
        description="cores that share one instance of the kernel and its objects through memory: "
        "each core alone, or those of a package; between clusters there are messages only"
    )
    foreign_lines: Fraction = Field(
        description="share of the lines of processes, packets and sockets that other cores wrote "
        "on PK which come from other clusters here too"
    )
    page_tables: Literal["replicated", "shared"] = Field(
        description="page tables of a process with threads on several cores: a replica on each, "
        "kept consistent by messages, or one under a lock, as on Linux; a cluster has one "
        "replica"
    )
    packets: PacketPath | None = Field(
        default=None, description="way of a packet between local processes; null: not described"
    )
    threads: Threads | None = Field(
        default=None, description="thread library of parallel programs; null: not described"
    )
    sources: Sources
