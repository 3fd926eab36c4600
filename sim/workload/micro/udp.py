"""Every active core exchanges bare UDP packets with clients (micro/udp).

No application, file or connection: only packets through the card and the network stack. With a
web server's mix of packets the card passes as many of them per second as under the web server
itself, which shows that the card is the web server's limit (OSDI'10 section 5.4).
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
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class UdpWorkload(MeasuredWorkload):
    """Every core exchanges bare packets with clients (micro/udp)."""

    networked: ClassVar[bool] = True

    kind: Literal["udp"]
    received_packets: PositiveCount = Field(description="packets from the client, per exchange")
    received_bytes: PositiveCount = Field(description="payload of these packets")
    transmitted_packets: PositiveCount = Field(description="packets to the client, per exchange")
    transmitted_bytes: PositiveCount = Field(description="payload of these packets")
    packet_burst: PositiveCount = Field(description="packets that reach one queue together")
    packet_us: Microseconds = Field(
        description="system time per packet beside the modelled kernel objects"
    )
    exchanges_outstanding: Annotated[int, Field(ge=1, le=4, strict=True)] = Field(
        description="exchanges that the clients of one core keep outstanding"
    )

    @property
    def operations_outstanding(self) -> int:
        """Operations that a core has begun or that wait for it, at a time."""
        return self.exchanges_outstanding


@lowers(UdpWorkload)
def build(workload: UdpWorkload, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the microbenchmark on all active cores of a site."""
    asm = Assembler()
    calls = SystemCalls(asm, kernel, site)
    burst = workload.packet_burst
    received = Traffic(workload.received_packets, workload.received_bytes, burst)
    sent = Traffic(workload.transmitted_packets, workload.transmitted_bytes, burst)
    work = site.work(workload.packet_us * (received.packets + sent.packets))
    with asm.registers(2 * workload.exchanges_outstanding) as times:
        slots = list(zip(times[::2], times[1::2], strict=True))
        clients = ClosedLoop(NetworkCard(asm, site), received, sent, slots)
        start = asm.place()
        clients.start(asm)
        top = asm.place()
        clients.await_request(asm)
        with asm.at("kernel", isa.SYSTEM):
            asm.emit(isa.BEGIN)
            asm.emit(isa.COMPUTE_DRAWN, value=work, target=EXPONENTIAL)
            calls.receive_packets(asm, received.packets)
            calls.transmit_packets(asm, sent.packets)
            asm.emit(isa.END)
        clients.answer(asm)
        asm.jump(top)
    for core in range(site.cores):
        asm.thread(core, start)
    return asm
