"""Apache serving one small static file (OSDI'10 sections 3.3 and 5.4): an operation is a request.

A request is a TCP connection of its own: accept it, receive the request, look the file's name up
and open the file, send the answer, close file and socket. Nothing is logged. All cores serve the
same file, so they walk the same dentries. With `instances: single` all cores accept from one
listening socket; `per_core` is how the paper ran stock Linux: separate instances, each on a port
of its own. Packets reach the card one at a time, over all its queues.

Not modelled: the pool of threads in each process and the switches among them (in the request's
system time), and the clients' own limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from sim.engine import isa
from sim.engine.distributions import EXPONENTIAL
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.machine.nic import NetworkCard, Traffic
from sim.program.assembler import Assembler
from sim.settings import Count, Microseconds, PositiveCount
from sim.workload.closed_loop import ClosedLoop
from sim.workload.registry import lowers
from sim.workload.settings import MeasuredWorkload

if TYPE_CHECKING:
    from sim.kernel.system_calls import SystemCalls
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class ApacheWorkload(MeasuredWorkload):
    """Apache web server (OSDI'10 sections 3.3 and 5.4): one operation is one request."""

    networked: ClassVar[bool] = True

    kind: Literal["apache"]
    instances: Literal["per_core", "single"] = Field(
        description="per_core: an instance per core, each on a port of its own; single: one "
        "instance with a process per core, which all accept from one socket"
    )
    user_us: Microseconds = Field(description="user time per request at one core, in microseconds")
    other_system_us: Microseconds = Field(
        description="system time per request at one core beside the modelled kernel objects"
    )
    separate_instances_us: Microseconds = Field(
        description="what a request takes longer at one core with an instance per core"
    )
    received_packets: PositiveCount = Field(description="packets from the client, per request")
    received_bytes: PositiveCount = Field(description="payload of these packets")
    transmitted_packets: PositiveCount = Field(description="packets to the client, per request")
    transmitted_bytes: PositiveCount = Field(description="payload of these packets")
    packet_burst: PositiveCount = Field(
        description="packets of a request that reach one queue of the card together"
    )
    path_lookups: Count = Field(description="path names resolved per request")
    opens: Count = Field(description="files opened per request")
    requests_outstanding: Annotated[int, Field(ge=1, le=4, strict=True)] = Field(
        description="requests that the clients of one core keep outstanding"
    )

    @property
    def operations_outstanding(self) -> int:
        """Operations that a core has begun or that wait for it, at a time."""
        return self.requests_outstanding


PHASES = 4  # stretches of system work: accept, file, answer, close


@lowers(ApacheWorkload)
def build(workload: ApacheWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the web servers on all active cores of a site."""
    asm = Assembler()
    asm.object_id("apache")
    population = Population(listens_per_core=workload.instances == "per_core")
    calls = SystemCalls(asm, kernel, site, population)
    burst = workload.packet_burst
    requests = Traffic(workload.received_packets, workload.received_bytes, burst)
    answers = Traffic(workload.transmitted_packets, workload.transmitted_bytes, burst)
    with asm.registers(2 * workload.requests_outstanding) as times:
        slots = list(zip(times[::2], times[1::2], strict=True))
        clients = ClosedLoop(NetworkCard(asm, site), requests, answers, slots)
        start = asm.place()
        clients.start(asm)
        top = asm.place()
        clients.await_request(asm)
        with asm.at("kernel", isa.SYSTEM):
            asm.emit(isa.BEGIN)
            emit_request(asm, calls, workload, site)
            asm.emit(isa.END)
        clients.answer(asm)
        asm.jump(top)
    for core in range(site.cores):
        asm.thread(core, start)
    return asm


def emit_request(asm: Assembler, calls: SystemCalls, workload: ApacheWorkload, site: Site) -> None:
    """Emit one request, from its connection's first packet to its last."""
    packets = workload.received_packets + workload.transmitted_packets
    emit_work(asm, workload, site)
    calls.receive_packets(asm, workload.received_packets)
    calls.accept_connection(asm, packets)
    emit_work(asm, workload, site)
    for _ in range(workload.path_lookups):
        calls.look_up_path(asm)
    for _ in range(workload.opens):
        calls.open_and_close(asm)
    emit_work(asm, workload, site)
    calls.transmit_packets(asm, workload.transmitted_packets)
    emit_work(asm, workload, site)
    calls.close_socket(asm)


def emit_work(asm: Assembler, workload: ApacheWorkload, site: Site) -> None:
    """Emit one part of the server's and the kernel's own work."""
    system_us = workload.other_system_us
    if workload.instances == "per_core":
        system_us += workload.separate_instances_us
    with asm.at("apache", isa.USER):
        work = site.work(workload.user_us) // PHASES
        asm.emit(isa.COMPUTE_DRAWN, value=work, target=EXPONENTIAL)
    work = site.work(system_us) // PHASES
    asm.emit(isa.COMPUTE_DRAWN, value=work, target=EXPONENTIAL)
