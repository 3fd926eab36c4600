"""Ticket lock: the spin lock of Linux 2.6.25 and later (OSDI'10 section 4.1).

A thread takes the next ticket with one atomic fetch-and-add and spins until the ticket being
served is its own. Ticket and turn share one line, as in Linux: every arrival and every release
invalidates all waiters, who fetch the line again one after another, so a hand-off takes time in
proportion to the number of waiters (on average half a sweep). First come, first served.
"""

from __future__ import annotations

from sim.engine import isa
from sim.program.assembler import Assembler
from sim.sync.lock import Lock
from sim.sync.spin_lock import SpinLocks, spin_lock


class TicketLock:
    """`count` ticket locks; words 0 and 1 of a line are the next ticket and the turn."""

    def __init__(self, asm: Assembler, count: int = 1, name: str = "ticket_lock") -> None:
        self.next = asm.new_lines(count, name)
        self.turn = self.next + 1

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Take a ticket, spin until it is served."""
        with asm.registers(1) as (ticket,):
            asm.emit(isa.FETCH_ADD, address=self.next, index=index, dst=ticket, value=1)
            asm.emit(
                isa.AWAIT_TURN,
                address=self.turn,
                index=index,
                source=ticket,
                cause=isa.C_LOCK_WAIT,
            )

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Serve the next ticket."""
        asm.emit(isa.INCREMENT, address=self.turn, index=index, value=1)


class TicketLockOneByOne(TicketLock):
    """A ticket lock whose waiters each fetch the line by themselves after every write.

    The reference that the aggregate waiting of `TicketLock` is tested against.
    """

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Take a ticket, spin until it is served, one event per waiter and release."""
        with asm.registers(1) as (ticket,):
            asm.emit(isa.FETCH_ADD, address=self.next, index=index, dst=ticket, value=1)
            asm.emit(
                isa.AWAIT, address=self.turn, index=index, source=ticket, cause=isa.C_LOCK_WAIT
            )


@spin_lock("ticket")
def make_ticket(asm: Assembler, of: SpinLocks, count: int) -> Lock:
    """Ticket locks."""
    return TicketLock(asm, count)
