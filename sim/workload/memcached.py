"""memcached, a process per core (OSDI'10 sections 3.2 and 5.3): one operation is one request.

Each process has a UDP port of its own, whose packets come to its core's receive queue. Clients
send batches of requests to one port and wait for the responses. A request is one packet each way,
a lookup in the process's own hash table, and the network stack's work. No file, socket or process
is made on the way, so the lists of inodes and dentries are not touched (Figure 1 names them for
memcached; the paper does not say where it would take their locks).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.kernel.system_calls import SystemCalls
from sim.machine.nic import NetworkCard, Traffic
from sim.program.assembler import Assembler
from sim.settings import Microseconds, PositiveCount
from sim.workload.closed_loop import ClosedLoop
from sim.workload.registry import lowers
from sim.workload.settings import MeasuredWorkload

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class MemcachedWorkload(MeasuredWorkload):
    """memcached (OSDI'10 sections 3.2 and 5.3): one operation is one request over UDP."""

    networked: ClassVar[bool] = True

    kind: Literal["memcached"]
    user_us: Microseconds = Field(description="user time per request at one core, in microseconds")
    other_system_us: Microseconds = Field(
        description="system time per request at one core beside the modelled kernel objects"
    )
    batch_requests: PositiveCount = Field(description="requests that a client sends at a time")
    batches_outstanding: Annotated[int, Field(ge=1, le=4, strict=True)] = Field(
        description="batches that the clients of one core keep outstanding"
    )
    request_bytes: PositiveCount = Field(description="bytes of a request")
    response_bytes: PositiveCount = Field(description="bytes of a response")

    @property
    def operations_outstanding(self) -> int:
        """Operations that a core has begun or that wait for it, at a time."""
        return self.batches_outstanding * self.batch_requests


@lowers(MemcachedWorkload)
def build(workload: MemcachedWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the servers on all active cores of a site."""
    asm = Assembler()
    asm.object_id("memcached")
    calls = SystemCalls(asm, kernel, site)
    batch = workload.batch_requests
    requests = Traffic(batch, batch * workload.request_bytes, batch)
    responses = Traffic(batch, batch * workload.response_bytes, batch)
    outstanding = workload.batches_outstanding
    with asm.registers(2 * outstanding) as times:
        slots = list(zip(times[::2], times[1::2], strict=True))
        clients = ClosedLoop(NetworkCard(asm, site), requests, responses, slots)
        start = asm.place()
        clients.start(asm)
        top = asm.place()
        clients.await_request(asm)
        with asm.repeat(batch):
            emit_request(asm, calls, workload, site)
        clients.answer(asm)
        asm.jump(top)
    for core in range(site.cores):
        asm.thread(core, start)
    return asm


def emit_request(
    asm: Assembler, calls: SystemCalls, workload: MemcachedWorkload, site: Site
) -> None:
    """Emit one request: receive, look up, respond."""
    with asm.at("kernel", isa.SYSTEM):
        asm.emit(isa.BEGIN)
        work = site.work(workload.other_system_us) // 2
        asm.emit(isa.COMPUTE_DRAWN, value=work, target=EXPONENTIAL)
        calls.receive_packets(asm, 1)
    with asm.at("memcached", isa.USER):
        work = site.work(workload.user_us)
        asm.emit(isa.COMPUTE_DRAWN, value=work, target=EXPONENTIAL)
    with asm.at("kernel", isa.SYSTEM):
        work = site.work(workload.other_system_us) // 2
        asm.emit(isa.COMPUTE_DRAWN, value=work, target=EXPONENTIAL)
        calls.transmit_packets(asm, 1)
        asm.emit(isa.END)
