"""Queueing discipline of a transmit queue (qdisc): how packets of many cores reach one queue.

A card has fewer transmit queues than the machine has cores, so that several cores send through one.
Each packet is put into the queue's discipline, taken out again, and given to the driver, all under
one lock, or by one core at a time (`hold_cycles`):

    lock   Each sender takes the spin lock for its packet.

               core 0   lock [ packet ] unlock
               core 1   lock .......... line moves [ packet ] unlock

    list   Senders put their packets onto a list without a lock in front of the discipline. Who
           finds it empty takes the lock, and sends whatever has come meanwhile; the others go on.
           A sender whose list is full waits. (100dfa74cad9, Linux 6.19)

               core 0   add, lock [ packet, packet, packet ] unlock
               core 1   add   add

Not modelled: how a discipline orders packets, packets that it drops, and freeing them where they
were sent.
Source: Linux 6.12 net/core/dev.c (__dev_xmit_skb).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

from pydantic import Field

from sim.engine import isa
from sim.kernel.table import Fix, KernelObject, strategy
from sim.program.assembler import Label
from sim.settings import Count, Cycles, PositiveCount, Settings

if TYPE_CHECKING:
    from sim.kernel.context import KernelContext
    from sim.program.assembler import Assembler

OBJECT = "qdisc"


class Qdisc(KernelObject):
    """Queueing discipline in front of each transmit queue of the card (qdisc)."""

    key: ClassVar[str] = "network.qdisc"
    fixes: ClassVar[Mapping[str, Fix]] = {
        "qdisc_list": Fix(
            "sharing", "lock", "list", "packets wait in a list without a lock before the qdisc's"
        )
    }

    hold_cycles: Cycles = Field(
        description="putting a packet in, taking it out, and giving it to the driver"
    )
    lines: Count = Field(
        description="lines of the discipline, or of packets, that another core wrote last, for each"
    )


class ListInFront(Settings):
    """A list of packets without a lock."""

    list_packets: PositiveCount = Field(description="packets from which on a sender waits")


class Discipline(Protocol):
    """The disciplines of all transmit queues."""

    def send(self, asm: Assembler, queue: int) -> None:
        """Emit sending a packet through the queue whose number is in a register."""


@strategy(Qdisc, "lock")
class UnderLock:
    """each sender takes the discipline's spin lock for its packet."""

    def __init__(self, context: KernelContext, settings: Qdisc) -> None:
        self.settings = settings
        self.lock = context.locks.spin(context.population.transmit_queues)

    def send(self, asm: Assembler, queue: int) -> None:
        """Emit sending a packet through the queue whose number is in a register."""
        with asm.at(OBJECT):
            self.lock.acquire(asm, queue)
            self.pass_on(asm)
            self.lock.release(asm, queue)

    def pass_on(self, asm: Assembler) -> None:
        """Emit what one packet takes under the lock."""
        asm.emit(isa.BULK, value=self.settings.lines)
        asm.compute(self.settings.hold_cycles)


@strategy(Qdisc, "list", numbers=ListInFront)
class BehindList(UnderLock):
    """packets wait in a list without a lock, which whoever finds it empty takes along."""

    def __init__(self, context: KernelContext, settings: Qdisc) -> None:
        super().__init__(context, settings)
        self.most: int = settings.list_packets  # type: ignore[attr-defined]
        self.waiting = context.asm.new_lines(context.population.transmit_queues, OBJECT)

    def send(self, asm: Assembler, queue: int) -> None:
        """Emit sending a packet through the queue whose number is in a register."""
        done = Label()
        with asm.at(OBJECT), asm.registers(1) as (packets,):
            asm.emit(
                isa.AWAIT,
                address=self.waiting,
                index=queue,
                condition=isa.LESS,
                value=self.most,
                cause=isa.C_DEVICE,
            )
            asm.emit(isa.FETCH_ADD, address=self.waiting, index=queue, dst=packets, value=1)
            asm.branch(packets, isa.AT_LEAST, 1, done)
            self.lock.acquire(asm, queue)
            asm.emit(isa.SWAP, address=self.waiting, index=queue, dst=packets, value=0)
            again = asm.place()
            self.pass_on(asm)
            asm.emit(isa.SET, dst=packets, source=packets, value=-1)
            asm.branch(packets, isa.AT_LEAST, 1, again)
            self.lock.release(asm, queue)
            asm.place(done)
