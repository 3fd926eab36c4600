"""The network device's fields (net_device, device): false sharing (OSDI'10 sections 4.6, 5.3).

Every packet reads fields that hardly ever change. Stock Linux has them on a line with one that
transmission writes, so each write takes the line from all readers, which then fetch it again one
after another. PK (`net_device_false_sharing`) gives the read-mostly fields a line of their own:
reads hit, and the writers only take the line from one another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.program.assembler import Assembler

if TYPE_CHECKING:
    from sim.config.schema.network import NetDevice as DeviceSettings

OBJECT = "net_device"


class NetDevice:
    """The device that all packets of the machine pass.

    Args:
        asm: program that its lines belong to.
        settings: reads and writes of a packet.
        falsely_shared: whether the field that is written is on the line of those that are read.
        replicas: instances of the fields; Linux has one.
        replica: register with the number of a core's own instance, if there are several.
    """

    def __init__(
        self,
        asm: Assembler,
        settings: DeviceSettings,
        falsely_shared: bool,
        replicas: int = 1,
        replica: int = isa.NONE,
    ) -> None:
        self.settings, self.replica = settings, replica
        self.written = asm.new_lines(replicas, "net_device")
        self.read = self.written + 1
        if not falsely_shared:
            self.read = asm.new_lines(replicas, "net_device_fields")

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
                asm.emit(isa.STORE, address=self.written, value=1, **self._own())

    def _look(self, asm: Assembler, reads: int) -> None:
        """Emit reads of the read-mostly fields."""
        with asm.at(OBJECT), asm.registers(1) as (field,):
            for _ in range(reads):
                asm.emit(isa.LOAD, address=self.read, dst=field, **self._own())

    def _own(self) -> dict[str, int]:
        """Operands that choose the core's own instance."""
        return {"index": self.replica, "stride": isa.WORDS_PER_LINE}
