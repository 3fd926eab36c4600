"""What every lock offers: instructions to acquire it and to release it.

A lock object stands for `count` locks of one kind, laid out on lines of their own; `index` names
the register that chooses one of them at run time (NONE: the first). Waiting is charged to
`lock_wait`, moving the line of a free lock to `coherence`.
"""

from __future__ import annotations

from typing import Protocol

from sim.engine import isa
from sim.program.assembler import Assembler


class Lock(Protocol):
    """A spin lock or mutex."""

    def acquire(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Emit the instructions that return when the thread holds the lock."""

    def release(self, asm: Assembler, index: int = isa.NONE) -> None:
        """Emit the instructions that give the lock up."""
