"""Test-and-set locks: the simplest spin locks, without order among the waiters.

`TestAndSetLock` retries the atomic swap without pause: every try takes the line from the others,
the holder's release included. `TestAndTestAndSetLock` spins on a cached copy and swaps only when
it has seen the lock free; all waiters then fetch the line and try at once. After a failure both
wait for a random time of mean `backoff_cycles` (0: not at all).
"""

from __future__ import annotations

from sim.engine import isa
from sim.engine.distributions import UNIFORM
from sim.program.assembler import Assembler, Label
from sim.sync.lock import Lock
from sim.sync.spin_lock import SpinLocks, spin_lock

HELD = 1


class TestAndSetLock:
    """`count` test-and-set locks, a line each."""

    __test__ = False

    def __init__(self, asm: Assembler, count: int = 1, backoff_cycles: int = 0) -> None:
        self.word = asm.new_lines(count, "lock")
        self.backoff_cycles = backoff_cycles

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Swap until the lock was free."""
        with asm.registers(1) as (old,):
            held = Label()
            top = asm.place()
            self._wait(asm, index)
            asm.emit(
                isa.SWAP,
                address=self.word,
                index=index,
                dst=old,
                value=HELD,
                cause=isa.C_LOCK_WAIT,
            )
            asm.branch(old, isa.NOT_EQUAL, HELD, held)
            if self.backoff_cycles:
                asm.emit(isa.COMPUTE_DRAWN, value=self.backoff_cycles, target=UNIFORM)
            asm.jump(top)
            asm.place(held)

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Mark the lock free."""
        asm.emit(isa.STORE, address=self.word, index=index, value=0)

    def _wait(self, asm: Assembler, index: int) -> None:
        """Nothing: the swap itself is the test."""


class TestAndTestAndSetLock(TestAndSetLock):
    """`count` test-and-test-and-set locks, a line each."""

    def _wait(self, asm: Assembler, index: int) -> None:
        """Spin on a cached copy until the lock looks free."""
        asm.emit(
            isa.AWAIT,
            address=self.word,
            index=index,
            value=HELD,
            condition=isa.NOT_EQUAL,
            cause=isa.C_LOCK_WAIT,
        )


@spin_lock("tas")
def make_tas(asm: Assembler, of: SpinLocks, count: int) -> Lock:
    """Test-and-set locks."""
    return TestAndSetLock(asm, count, of.waiting.backoff_cycles)


@spin_lock("ttas")
def make_ttas(asm: Assembler, of: SpinLocks, count: int) -> Lock:
    """Test-and-test-and-set locks."""
    return TestAndTestAndSetLock(asm, count, of.waiting.backoff_cycles)
