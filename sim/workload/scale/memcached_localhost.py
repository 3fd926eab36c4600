"""memcached and its clients on one machine, which talk over localhost (scale/memcached_localhost).

All packets of all connections have one route, and each takes a reference to it and drops it: what
the developers of Linux measured its reference count with. One operation is one request, from a
client and back; half of the tasks serve and half ask, and the work of both is charged to whichever
core. The network card takes no part.

Not modelled: waiting for one another beyond the route, and what else packets share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sim.settings import Microseconds, PositiveCount
from sim.workload.scale.tasks import TasksSettings, repeats
from sim.workload.settings import MeasuredWorkload

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.program.assembler import Assembler


class MemcachedLocalhost(TasksSettings, MeasuredWorkload):
    """memcached and its clients on one machine (scale/memcached_localhost)."""

    kind: Literal["memcached_localhost"]
    packets: PositiveCount = Field(description="packets of a request, both ways")
    work_us: Microseconds = Field(
        description="work of client, server and network stack for a request, beside the route"
    )


@repeats(MemcachedLocalhost, "memcached")
def request(workload: MemcachedLocalhost, calls: SystemCalls, asm: Assembler) -> None:
    """Emit one request."""
    asm.compute(calls.context.site.work(workload.work_us))
    calls.send_to_localhost(asm, workload.packets)
