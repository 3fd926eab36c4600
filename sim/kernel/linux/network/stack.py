"""The network stack: what a packet and a connection do with its objects.

The cost of the code itself is the workload's; here is only what cores share (OSDI'10 Figure 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.engine import isa

if TYPE_CHECKING:
    from sim.config.schema.network import Network
    from sim.kernel.linux.network.accept import Flows, ListeningSockets
    from sim.kernel.linux.network.dma_buffers import DmaBuffers
    from sim.kernel.linux.network.dst_entry import DstEntry
    from sim.kernel.linux.network.net_device import NetDevice
    from sim.kernel.linux.network.protocol_memory import ProtocolMemory
    from sim.program.assembler import Assembler


@dataclass(frozen=True)
class NetworkStack:
    """Objects of the network stack."""

    settings: Network
    buffers: DmaBuffers
    device: NetDevice
    route: DstEntry
    memory: ProtocolMemory
    sockets: ListeningSockets
    flows: Flows

    def receive_packets(self, asm: Assembler, packets: int) -> None:
        """Emit receiving packets: the driver, its buffers, and the protocols."""
        with asm.repeat(packets):
            self.device.arrive(asm)
            self.buffers.replace(asm)
            self.memory.receive(asm)
            self.device.deliver(asm)
            self._touch(asm, self.settings.packet.shared_lines)

    def transmit_packets(self, asm: Assembler, packets: int) -> None:
        """Emit transmitting packets: route and device."""
        with asm.repeat(packets):
            self.route.transmit(asm)
            self.device.transmit(asm)
            self._touch(asm, self.settings.packet.shared_lines)

    def open_connection(self, asm: Assembler, packets: int) -> None:
        """Emit accepting a connection, whose packets may be processed elsewhere."""
        self.sockets.open_connection(asm)
        self.flows.process(asm, packets)
        self._touch(asm, self.settings.connection.shared_lines)

    def _touch(self, asm: Assembler, lines: int) -> None:
        """Emit fetching lines of packets and sockets that other cores wrote last."""
        with asm.at("network"):
            asm.emit(isa.BULK, value=lines)
