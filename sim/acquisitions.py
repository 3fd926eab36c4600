"""Where a program acquires its locks: noted while it is written.

A lock is whatever has `acquire` and `release` (`sim/sync/lock.py`), and its instructions look like
any others once they are written. So `slow=` attaches itself to these methods while a program is
lowered, as perf attaches itself to a kernel's, and notes what they write. A lock that is part of
another one (the queue of a semaphore has one) is not noted: who has it does not hold the whole.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from types import FunctionType
from typing import Any

from sim import extensions
from sim.program.assembler import Assembler
from sim.program.instruction import Instruction
from sim.program.slowing import Acquisition

PLACES = ("sim.sync.", extensions.PREFIX)
"""How modules are called that locks lie in."""
BEGINS = "acquire"


class Noted:
    """Acquisitions of the programs that were written meanwhile."""

    def __init__(self) -> None:
        self._found: list[tuple[Assembler, int, int, Instruction]] = []
        self._depth = 0

    def of(self, program: Assembler) -> list[Acquisition]:
        """Those of a program that are still in it: a loop of no rounds was taken out again."""
        return [
            Acquisition(start, end)
            for asm, start, end, last in self._found
            if asm is program and end <= len(asm.instructions) and asm.instructions[end - 1] is last
        ]

    def watched(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Make a lock's method one within which nothing is noted: it is part of that lock."""

        @wraps(method)
        def within(*given: Any, **named: Any) -> Any:
            self._depth += 1
            try:
                return method(*given, **named)
            finally:
                self._depth -= 1

        return within

    def acquiring(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Make a method that acquires one that is noted, unless another lock calls it."""
        within = self.watched(method)

        @wraps(method)
        def noting(lock: object, asm: Assembler, *rest: Any, **named: Any) -> Any:
            start = len(asm.instructions)
            result = within(lock, asm, *rest, **named)
            end = len(asm.instructions)
            if not self._depth and end > start:
                self._found.append((asm, start, end, asm.instructions[end - 1]))
            return result

        return noting


@contextmanager
def noted() -> Iterator[Noted]:
    """Note the acquisitions of programs that are written inside."""
    found = Noted()
    with ExitStack() as attached:
        for kind in _locks():
            methods = [(n, m) for n, m in vars(kind).items() if isinstance(m, FunctionType)]
            for name, method in methods:
                attached.callback(setattr, kind, name, method)
                attach = found.acquiring if name.startswith(BEGINS) else found.watched
                setattr(kind, name, attach(method))
        yield found


def _locks() -> list[type]:
    """Classes with an `acquire`, of the project and of the user's own files."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith(PLACES)]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    return [kind for kind in kinds if any(name.startswith(BEGINS) for name in vars(kind))]
