"""Package ticket lock: a ticket lock in each package, and one between packages.

A thread takes the lock of its package, then the machine's. So at most one thread of each package
waits for the machine's line, and a release there is fetched by so few, however many cores wait.
First come, first served within a package and between packages, not between any two threads.
Source: the form of a cohort lock (cohort_lock.py). Not modelled: a hand-off within the package
that keeps the machine's lock for several holders.
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.isa import R_PACKAGE
from sim.program.assembler import Assembler
from sim.sync.lock import Lock
from sim.sync.spin_lock import SpinLocks, spin_lock
from sim.sync.ticket_lock import TicketLock


class PackageTicketLock:
    """`count` locks for threads of `packages` packages."""

    def __init__(self, asm: Assembler, packages: int, count: int = 1) -> None:
        self.near = TicketLock(asm, count * packages)
        self.far = TicketLock(asm, count)
        self.packages = packages

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Become the one that waits for the package, then wait."""
        with asm.registers(1) as (near,):
            self._choose_near(asm, index, near)
            self.near.acquire(asm, near)
        self.far.acquire(asm, index)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Let another package in, then the next thread of this one."""
        self.far.release(asm, index)
        with asm.registers(1) as (near,):
            self._choose_near(asm, index, near)
            self.near.release(asm, near)

    def _choose_near(self, asm: Assembler, index: int, near: int) -> None:
        """Put the number of the own package's lock into a register."""
        asm.emit(isa.SET, dst=near, source=R_PACKAGE)
        if index != isa.NONE:
            asm.emit(isa.ADD, dst=near, source=index, value=self.packages)


@spin_lock("package_ticket")
def make_package_ticket(asm: Assembler, of: SpinLocks, count: int) -> Lock:
    """Package ticket locks."""
    return PackageTicketLock(asm, of.packages, count)
