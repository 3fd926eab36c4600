"""What the user asks to be imported, and where from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Request:
    """One import: a source, and what the user says beside it.

    `latencies` is a second source, beside a description. `caches_kib` are the sizes of l1, l2 and
    l3. `threads_per_core` is how many hardware threads a core has, where the source does not say
    (1: every CPU is a core). `keep_packages` keeps unequal packages at the cost of cores;
    `nodes_as_packages` takes NUMA nodes for packages.
    """

    source: str
    name: str
    latencies: Path | None = None
    clock_ghz: float | None = None
    caches_kib: tuple[int, int, int] | None = None
    packages: int | None = None
    threads_per_core: int | None = None
    keep_packages: bool = False
    nodes_as_packages: bool = False
