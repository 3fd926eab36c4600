"""Tasks send small UDP packets through a card with fewer queues than tasks (scale/udp_transmit).

As netperf's UDP_STREAM, which the queueing discipline of a transmit queue was measured with. One
operation is one packet. A task always sends through the same queue, and as many tasks share each.
The card itself takes whatever it is given.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sim.engine import isa
from sim.kernel.population import Population
from sim.kernel.system_calls import SystemCalls
from sim.program.assembler import Assembler
from sim.settings import Cycles
from sim.workload.registry import lowers
from sim.workload.scale.tasks import TasksSettings

if TYPE_CHECKING:
    from sim.kernel.table import KernelTable
    from sim.machine.site import Site


class UdpTransmit(TasksSettings):
    """Tasks send small UDP packets through shared transmit queues (scale/udp_transmit)."""

    kind: Literal["udp_transmit"]
    queues: Annotated[int, Field(ge=1, le=4096, strict=True)] = Field(
        description="transmit queues of the card"
    )
    packet_cycles: Cycles = Field(description="a packet's way through system call, UDP and IP")

    @property
    def one_task_a_core(self) -> str:
        """Why there cannot be more tasks than hardware threads: its queues."""
        return "; tasks of one core send through several queues, which is not modelled"

    @property
    def population(self) -> Population:
        """How many of each kernel object they use."""
        return replace(super().population, transmit_queues=self.queues)


@lowers(UdpTransmit)
def build(workload: UdpTransmit, kernel: KernelTable, site: Site) -> Assembler:
    """Program of the tasks on all active cores of a site."""
    asm = Assembler()
    with asm.at("udp", isa.SYSTEM), asm.registers(1) as (queue,):
        calls = SystemCalls(asm, kernel, site, workload.population)
        top = asm.place()
        asm.emit(isa.BEGIN)
        asm.compute(workload.packet_cycles)
        calls.send_through_queue(asm, queue)
        asm.emit(isa.END)
        asm.jump(top)
        for core in range(site.cores):
            start = asm.place()
            asm.emit(isa.SET, dst=queue, value=core % workload.queues)
            asm.jump(top)
            asm.thread(core, start)
    return asm
