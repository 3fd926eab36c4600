"""Package ticket lock: a ticket lock in each package, and one between packages.

A thread takes the lock of its package, then the machine's. So at most one thread of each package
waits for the machine's line, and a release there is fetched by so few, however many cores wait.
First come, first served within a package and between packages, not between any two threads.
Source: the form of a cohort lock (Dice, Marathe and Shavit, PPoPP 2012). Not modelled: their
hand-off within the package, which keeps the machine's lock for several holders.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.assembler import Assembler
from sim.engine.isa import R_PACKAGE
from sim.sync.ticket_lock import TicketLock


class PackageTicketLock:
    """One lock for threads of `packages` packages."""

    def __init__(self, asm: Assembler, packages: int) -> None:
        self.near = TicketLock(asm, packages)
        self.far = TicketLock(asm)

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Become the one that waits for the package, then wait."""
        self.near.acquire(asm, R_PACKAGE)
        self.far.acquire(asm)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Let another package in, then the next thread of this one."""
        self.far.release(asm)
        self.near.release(asm, R_PACKAGE)
