"""Spin locks by the names that settings give them, made for the cores of a machine.

A kind of lock registers itself where it is defined; nothing else lists it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.program.assembler import Assembler
from sim.settings import check_name
from sim.sync.lock import Lock

if TYPE_CHECKING:
    from sim.sync.lock_kinds import Waiting


@dataclass(frozen=True)
class SpinLocks:
    """Spin locks of one kind. Their holders keep their cores: a queue has a node per core.

    Attributes:
        kind: a key of `KINDS`.
        waiting: how waiters wait.
        cores: active cores.
        packages: packages (dies) that they lie in.
    """

    kind: str
    waiting: Waiting
    cores: int
    packages: int

    def make(self, asm: Assembler, count: int = 1) -> Lock:
        """Make `count` locks, each of which an index names."""
        return KINDS[self.kind](asm, self, count)


Maker = Callable[[Assembler, SpinLocks, int], Lock]
KINDS: dict[str, Maker] = {}
"""Every spin lock that a kernel or micro/lock can choose: makes so many of them."""


def spin_lock(kind: str) -> Callable[[Maker], Maker]:
    """Register a function that makes spin locks of a kind for some cores."""

    def register(made: Maker) -> Maker:
        check_name(kind, "a kind of spin lock")
        if kind in KINDS:
            raise ValueError(f"spin lock {kind!r} is already in {KINDS[kind].__module__}")
        KINDS[kind] = made
        return made

    return register
