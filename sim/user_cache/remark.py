"""What is said of the cache while something else is asked for: one line, once."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import cache


@cache
def remark(text: str) -> None:
    """Write one line on standard error, if there is one; not again in this process."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            print(text, file=sys.stderr, flush=True)
