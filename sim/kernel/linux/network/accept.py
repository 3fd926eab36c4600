"""Listening sockets and the flows of their connections (OSDI'10 sections 4.2 and 5.4).

Connections wait in a listening socket's backlog queue until accept() takes them. Stock Linux has
one queue under the socket's lock. The packets that open a connection take it as well, for as long
as the kernel works on them: it answers the SYN, and makes the new socket, under the listening
socket's lock. The lock is taken in interrupts, so it is a spin lock. And stock's driver learns
where to steer a flow from every 20th packet that the flow sends, so the packets of a short
connection are processed on whatever core they arrive at, and socket and packets move between that
core and the application's.

PK (`parallel_accept`) has a backlog queue per core, hashes a flow's headers to one core, and
accepts from the core's own queue: no lock is shared and all packets are processed where the
application runs. That works for the one socket that all cores listen on. An application may
instead give each core a socket of its own: then no lock is shared on stock Linux either, but a
flow's hash knows nothing of the socket's core.

Not modelled: stealing from another core's queue when the own one is empty (a core's clients keep
its own queue filled), and the sleep of accept() while an interrupt's packet waits for the lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.program.assembler import Assembler, Label

if TYPE_CHECKING:
    from sim.config.schema.network import Accept, Connection
    from sim.kernel.linux.locks import KernelLocks

OBJECT = "accept"
FLOW = "flow_steering"


class ListeningSockets:
    """The sockets that the server's cores accept from.

    Args:
        accept: the backlog queue's costs.
        locks: the kernel's.
        per_core: whether each core has a queue and lock of its own.
    """

    def __init__(
        self, asm: Assembler, accept: Accept, locks: KernelLocks, *, per_core: bool
    ) -> None:
        self.accept = accept
        self.index = R_CORE if per_core else isa.NONE
        self.per_core = per_core
        self.lock = locks.spin_for_each_core(asm, per_core)

    def open_connection(self, asm: Assembler) -> None:
        """Emit a connection's way through the backlog queue."""
        with asm.at(OBJECT), asm.repeat(self.accept.acquisitions):
            self.lock.acquire(asm, self.index)
            if not self.per_core:
                asm.emit(isa.BULK, value=self.accept.lines)
            asm.compute(self.accept.hold_cycles)
            self.lock.release(asm, self.index)


class Flows:
    """Which core processes a connection's packets: the application's, or any."""

    def __init__(self, connection: Connection, cores: int, local: bool) -> None:
        self.connection = connection
        self.cores = cores
        self.local = local

    def process(self, asm: Assembler, packets: int) -> None:
        """Emit what moves because another core processes a connection's packets."""
        if self.local:
            return
        own = Label()
        with asm.at(FLOW), asm.registers(1) as (core,):
            asm.emit(isa.DRAW, dst=core, value=self.cores)
            asm.branch(core, isa.EQUAL, 0, own)
            asm.emit(isa.BULK, value=packets * self.connection.packet_lines)
            asm.place(own)
