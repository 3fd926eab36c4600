"""Ticket lock with proportional back-off: a waiter looks again when its turn may have come.

A waiter who sees that n others come before it waits n times `cycles` before it looks at the turn
again. So the line is not fetched by all waiters at every release: who is next looks often, who is
last hardly ever. First come, first served. The time for which one waiter has the lock must be
guessed: with a guess that is too short waiters meet at the line as without, with one that is too
long a free lock waits for its next holder. Ticket and turn share a line, as in Linux. Source:
Mellor-Crummey and Scott, ACM TOCS 1991, section 2.2; one of the four remedies of *Non-scalable
locks are dangerous* (Boyd-Wickizer et al. 2012). Not modelled: guesses that adapt.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import R_CORE
from sim.program.assembler import Assembler, Label
from sim.sync.lock import Lock
from sim.sync.spin_lock import SpinLocks, spin_lock
from sim.sync.ticket_lock import TicketLock


class ProportionalTicketLock(TicketLock):
    """`count` ticket locks whose waiters back off.

    Args:
        cores: cores that may wait.
        cycles: wait for each waiter ahead.
        count: number of locks.
    """

    def __init__(self, asm: Assembler, cores: int, cycles: int, count: int = 1) -> None:
        super().__init__(asm, count)
        self.timers = asm.new_servers(cores)
        self.cycles = cycles

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Take a ticket, look at the turn, wait in proportion to the tickets before."""
        wait = isa.C_LOCK_WAIT
        with asm.registers(3) as (ticket, turn, until):
            held = Label()
            asm.emit(isa.FETCH_ADD, address=self.next, index=index, dst=ticket, value=1)
            look = asm.place()
            asm.emit(isa.LOAD, address=self.turn, index=index, dst=turn, cause=wait)
            asm.branch(turn, isa.EQUAL, 0, held, source=ticket)
            asm.emit(isa.SET, dst=until, value=0)
            asm.emit(isa.ADD, dst=until, source=ticket, value=self.cycles)
            asm.emit(isa.ADD, dst=until, source=turn, value=-self.cycles)
            asm.emit(
                isa.SUBMIT, address=self.timers, index=R_CORE, stride=1, source=until, dst=until
            )
            asm.emit(isa.AWAIT_TIME, source=until, cause=wait)
            asm.jump(look)
            asm.place(held)


@spin_lock("ticket_proportional")
def make_ticket_proportional(asm: Assembler, of: SpinLocks, count: int) -> Lock:
    """Ticket locks with proportional back-off."""
    return ProportionalTicketLock(asm, of.cores, of.waiting.proportional_cycles, count)
