"""How the engine's functions are compiled.

Numba counts references of arrays at run time: the machine's loop, which reaches a score of arrays
through one named tuple, spent 95 % of its time on some 900 such counts. None of these functions
allocates or keeps an array, so they are compiled without the counts (`_nrt=False`): 1.1 million
events per second became 24 million. Code with an allocation in it is refused by the compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

from sim.user_cache.machine_code import MachineCode

F = TypeVar("F", bound=Callable[..., Any])
NATURAL = 2**63 - 1
_njit: Any = njit  # its stubs do not know `_nrt`


def inlined(function: F) -> F:
    """Compile into the caller: for functions on the hot path.

    LLVM does it, after Numba has found each function's types once. Numba's own `inline="always"`
    finds them again at every call, and took five times as long to compile to code as fast.
    """
    result: F = _njit(forceinline=True, _nrt=False)(function)
    return result


@inlined
def natural(number):
    """A number that is not negative, for use as an index.

    Without the mask every access tests for Python's negative indices.
    """
    return number & NATURAL


def compiled(function: F) -> F:
    """Compile as a function of its own: for what is large or seldom called."""
    result: F = _njit(_nrt=False)(function)
    return result


def cached(function: F) -> F:
    """Compile as a function of its own, and keep the machine code in the user's cache."""
    result = compiled(function)
    if hasattr(result, "_cache"):  # no dispatcher with NUMBA_DISABLE_JIT
        result._cache = MachineCode(function)
    return result
