"""The network device's fields (net_device, device): false sharing (OSDI'10 sections 4.6, 5.3).

Every packet reads fields that hardly ever change, and one that each transmission writes.

    falsely_shared   All on one line: each write takes the line from all readers, which then fetch
                     it again one after another.

                         core 0   read [ write ]
                         core 1   read ........ read: line moves

    separated        The read-mostly fields have a line of their own: reads hit. What a transmission
                     writes lies with its queue, of which each core has one: in Linux 2.6.35 no
                     packet writes net_device itself. The time of the last transmission moved into
                     the queues in 2.6.31 (commit 9d21493b4beb), drivers stopped to write the
                     device's own in 2.6.35 (commit 1ae5dc342ac7), and that of the last reception
                     was gone before.
    owned            Each core, or cluster of cores, has an instance of the device, as it has its
                     own queue of the card: nothing of it moves between them.

What stock writes on the line of the read-mostly fields the paper does not say; that every sent
packet writes it once is assumed (conf/kernel/linux_stock.yaml).

Not modelled: what it takes to add the instances' counts up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE, R_PACKAGE
from sim.kernel.table import Fix, KernelObject, strategy
from sim.settings import Count

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

OBJECT = "net_device"
FIELDS = "net_device_fields"


class NetDevice(KernelObject):
    """Fields of net_device and device that every packet reads, and one that packets write."""

    key: ClassVar[str] = "network.net_device"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "net_device_false_sharing": Fix(
            "sharing",
            "falsely_shared",
            "separated",
            "read-mostly fields of net_device and device get lines of their own",
        )
    }

    driver_reads: Count = Field(
        description="reads of the read-mostly fields by the driver, per received packet"
    )
    delivery_reads: Count = Field(
        description="reads of them by the protocols, a little later, per received packet"
    )
    transmit_reads: Count = Field(description="reads of them per transmitted packet")
    transmit_writes: Count = Field(
        description="writes of the field that stock Linux has on the same line, per sent packet"
    )


class Device:
    """The device that all packets of the machine pass.

    Args:
        settings: reads and writes of a packet.
        written: address of the line with the field that is written.
        read: address of the read-mostly fields.
        replica: register with the number of a core's own instance, if there are several.
        queue: register with the number of the queue whose line is written, if each has one.
    """

    def __init__(
        self,
        settings: NetDevice,
        written: int,
        read: int,
        replica: int = isa.NONE,
        queue: int = isa.NONE,
    ) -> None:
        self.settings, self.written, self.read = settings, written, read
        self.replica, self.queue = replica, queue

    def arrive(self, asm: Assembler) -> None:
        """Emit the driver's look at the device, for one received packet."""
        self._look(asm, self.settings.driver_reads)

    def deliver(self, asm: Assembler) -> None:
        """Emit the protocols' look at the device, for one received packet."""
        self._look(asm, self.settings.delivery_reads)

    def transmit(self, asm: Assembler) -> None:
        """Emit what one transmitted packet does with the device."""
        self._look(asm, self.settings.transmit_reads)
        with asm.at(OBJECT):
            for _ in range(self.settings.transmit_writes):
                asm.emit(isa.STORE, address=self.written, value=1, **of(self.queue))

    def _look(self, asm: Assembler, reads: int) -> None:
        """Emit reads of the read-mostly fields."""
        with asm.at(OBJECT), asm.registers(1) as (field,):
            for _ in range(reads):
                asm.emit(isa.LOAD, address=self.read, dst=field, **of(self.replica))


def of(number: int) -> dict[str, int]:
    """Operands that choose the line whose number is in a register."""
    return {"index": number, "stride": isa.WORDS_PER_LINE}


@strategy(NetDevice, "falsely_shared")
def falsely_shared(context: KernelContext, settings: NetDevice) -> Device:
    """the field that packets write lies on the line of those that they read."""
    written = context.asm.new_lines(1, OBJECT)
    return Device(settings, written, written + 1)


@strategy(NetDevice, "separated")
def separated(context: KernelContext, settings: NetDevice) -> Device:
    """the read-mostly fields have a line of their own, and so has each queue of the card."""
    queues = context.asm.new_lines(context.site.cores, OBJECT)
    return Device(settings, queues, context.asm.new_lines(1, FIELDS), queue=R_CORE)


@strategy(NetDevice, "owned", by_cluster=True)
def owned(context: KernelContext, settings: NetDevice) -> Device:
    """an instance of each core, or of each cluster of cores, as of the card's queues."""
    if context.clusters.are_cores:
        count, replica = context.site.cores, R_CORE
    elif context.clusters.are_one or context.kernel is not None:
        return separated(context, settings)
    else:
        count, replica = 1 + max(context.site.dies), R_PACKAGE
    written, read = context.asm.new_lines(count, OBJECT), context.asm.new_lines(count, FIELDS)
    return Device(settings, written, read, replica, replica)
