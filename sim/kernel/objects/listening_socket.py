"""Listening sockets and the flows of their connections (OSDI'10 sections 4.2 and 5.4).

Connections wait in a listening socket's backlog queue until accept() takes them.

    shared     One queue under the socket's lock. The packets that open a connection take it as
               well, for as long as the kernel works on them: it answers the SYN, and makes the new
               socket, under the listening socket's lock. The lock is taken in interrupts, so it is
               a spin lock. And the driver learns where to steer a flow from every 20th packet that
               the flow sends, so the packets of a short connection are processed on whatever core
               they arrive at, and socket and packets move between that core and the application's.

                   core 0   lock [ SYN ] unlock
                   core 1   lock ....... line moves [ accept ] unlock

    per_core   A backlog queue of each core; the card hashes a flow's headers to one core, which
               accepts from its own queue: no lock is shared, and all packets are processed where
               the application runs. That works for the one socket that all cores listen on.

    reuseport  Each core listens on a socket of its own for the one port (SO_REUSEPORT, Linux 3.9,
               da5e36308d9f), among which the kernel chooses by a hash of the flow: no lock is
               shared, but a flow's packets come to whatever core the card has chosen for them.
               (SO_INCOMING_CPU as an option chooses the socket of the packet's core, Linux 4.4:
               that is per_core.)

An application may instead give each core a socket of its own: then no lock is shared either way,
but a flow's hash knows nothing of the socket's core.

Not modelled: stealing from another core's queue when the own one is empty (a core's clients keep
its own queue filled), and the sleep of accept() while an interrupt's packet waits for the lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.kernel.objects.packet import Connection
from sim.kernel.table import Fix, KernelObject, strategy
from sim.program.assembler import Assembler, Label
from sim.settings import Count, Cycles

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext

OBJECT = "accept"
FLOW = "flow_steering"


class Accept(KernelObject):
    """A listening socket's queue of connections that wait to be accepted (backlog)."""

    key: ClassVar[str] = "network.accept"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "parallel_accept": Fix(
            "sharing",
            "shared",
            "per_core",
            "each core has its own backlog queue of a listening socket",
        )
    }

    acquisitions: Count = Field(
        description="times per connection that the socket's lock is taken: its packets that arrive "
        "for the listening socket, and accept()"
    )
    hold_cycles: Cycles = Field(description="cycles from acquisition to release, uncontended")
    lines: Count = Field(
        description="lines inside the critical section that another core wrote last"
    )


class ListeningSockets:
    """The sockets that the server's cores accept from.

    Args:
        accept: the backlog queue's costs.
        per_core: whether each core has a queue and lock of its own.
        steered: whether a flow's packets are processed on the core that accepts from the queue.
    """

    def __init__(
        self, context: KernelContext, accept: Accept, *, per_core: bool, steered: bool
    ) -> None:
        self.accept, self.per_core, self.steered = accept, per_core, steered
        self.context, self.cores = context, len(context.members)
        self.packet_lines = context.settings(Connection).packet_lines
        self.index = R_CORE if per_core else isa.NONE
        self.lock = context.locks.spin_of_each_core() if per_core else context.locks.spin()

    def open_connection(self, asm: Assembler) -> None:
        """Emit a connection's way through the backlog queue."""
        with asm.at(OBJECT), asm.repeat(self.accept.acquisitions):
            self.lock.acquire(asm, self.index)
            if not self.per_core:
                self.context.fetch_lines(asm, self.accept.lines)
            asm.compute(self.accept.hold_cycles)
            self.lock.release(asm, self.index)

    def process_flow(self, asm: Assembler, packets: int) -> None:
        """Emit what moves because another core processes a connection's packets."""
        if self.steered:
            return
        own = Label()
        with asm.at(FLOW), asm.registers(1) as (core,):
            asm.emit(isa.DRAW, dst=core, value=self.cores)
            asm.branch(core, isa.EQUAL, 0, own)
            self.context.fetch_lines(asm, packets * self.packet_lines)
            asm.place(own)


@strategy(Accept, "shared")
def shared(context: KernelContext, accept: Accept) -> ListeningSockets:
    """one backlog queue of the socket, under its spin lock."""
    own_sockets = context.population.listens_per_core
    return ListeningSockets(context, accept, per_core=own_sockets, steered=False)


@strategy(Accept, "reuseport")
def reuseport(context: KernelContext, accept: Accept) -> ListeningSockets:
    """a socket and backlog queue of each core, to which flows are hashed."""
    return ListeningSockets(context, accept, per_core=True, steered=False)


@strategy(Accept, "per_core")
def per_core(context: KernelContext, accept: Accept) -> ListeningSockets:
    """a backlog queue of each core, to which the card steers flows."""
    own_sockets = context.population.listens_per_core
    return ListeningSockets(context, accept, per_core=True, steered=not own_sockets)
