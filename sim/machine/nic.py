"""Network card: a receive and a transmit engine, each one FIFO server for all queues.

Every active core has a queue of its own in each direction, but one engine serves the queues of a
direction in turn. A packet costs the engine a fixed time and its share of a descriptor
transaction over the PCIe bus: descriptors are fetched and written back in batches per queue, so
packets that come in a burst for one queue share a transaction, and packets scattered over many
queues pay one each. That is why the card handles fewer packets the more queues they are spread
over (OSDI'10 sections 5.3 and 5.4). A packet also takes its time on the wire, if that is longer.

Bonded cards are one that is as many times as fast.

Not modelled: loss (an overflowing receive FIFO drops packets; here the clients wait), the other
port, interrupt moderation, and the bus's share in the cores' own memory traffic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.engine import isa
from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.machine.settings.nic import NetworkCard as CardSettings
    from sim.machine.site import Site

RECEIVE = "nic_rx"
TRANSMIT = "nic_tx"
BITS = 8


@dataclass(frozen=True)
class Traffic:
    """Packets of one direction that one exchange with a client takes.

    Attributes:
        packets: how many.
        bytes: payload of all of them.
        burst: packets that reach one queue together.
    """

    packets: int
    bytes: int
    burst: int


class NetworkCard:
    """The card of a machine.

    Raises:
        ValueError: if the machine has none.
    """

    def __init__(self, asm: Assembler, site: Site) -> None:
        if site.hardware.nic is None:
            raise ValueError(f"the machine {site.hardware.name} has no network card (hardware.nic)")
        self.card: CardSettings = site.hardware.nic
        self.clock_ghz = site.hardware.clock_ghz
        self.receiver = asm.new_servers()
        self.transmitter = asm.new_servers()

    def receive_cycles(self, traffic: Traffic) -> int:
        """Cycles that the receive engine needs for some traffic."""
        return self._service_cycles(self.card.receive_packet_ns, traffic)

    def transmit_cycles(self, traffic: Traffic) -> int:
        """Cycles that the transmit engine needs for some traffic."""
        return self._service_cycles(self.card.transmit_packet_ns, traffic)

    def receive(self, asm: Assembler, traffic: Traffic, ready: int) -> None:
        """Emit queueing packets from the clients; a register tells when the core has them."""
        cycles = self.receive_cycles(traffic)
        asm.emit(isa.SUBMIT, address=self.receiver, value=cycles, dst=ready)

    def transmit(self, asm: Assembler, traffic: Traffic, sent: int) -> None:
        """Emit queueing packets to the clients; a register tells when the last has left."""
        cycles = self.transmit_cycles(traffic)
        asm.emit(isa.SUBMIT, address=self.transmitter, value=cycles, dst=sent)

    def _service_cycles(self, packet_ns: int, traffic: Traffic) -> int:
        engine = traffic.packets * (packet_ns + self.card.descriptor_ns / traffic.burst)
        size = traffic.bytes + traffic.packets * self.card.frame_overhead_bytes
        wire = size * BITS / self.card.wire_gbit_s
        return round(max(engine, wire) / self.card.cards * self.clock_ghz)
