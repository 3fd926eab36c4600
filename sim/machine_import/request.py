"""What the user asks to be imported, and where from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Request:
    """One import: a source, and what the user says beside it.

    `latencies` is a second source, beside hwloc's. `caches_kib` are the sizes of l1, l2 and l3.
    """

    source: str
    name: str
    latencies: Path | None = None
    clock_ghz: float | None = None
    caches_kib: tuple[int, int, int] | None = None
    packages: int | None = None
    smt: bool = True
