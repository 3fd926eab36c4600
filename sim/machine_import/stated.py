"""What a description states of a machine, whatever form it has: groups of CPUs, and their numbers.

Every reader (hwloc's XML and synthetic description, lscpu, numactl, a tree of /sys) ends here; what
the model makes of it is in `described`. A CPU is a hardware thread, under the operating system's
number.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.config.errors import ConfigError, message
from sim.machine_import.layout import Core
from sim.settings import SourceKind

Floats = NDArray[np.float64]
Cpus = frozenset[int]

MOST_CPUS = 16_384


@dataclass(frozen=True)
class Cache:
    """One data or unified cache: its level, the CPUs behind it, and its size if it is stated."""

    level: int
    cpus: Cpus
    kib: int | None


@dataclass(frozen=True)
class Node:
    """One NUMA node: its number, and its own CPUs (none: memory only)."""

    number: int
    cpus: Cpus


@dataclass(frozen=True)
class Distances:
    """Distances between NUMA nodes in any unit: float[nodes, nodes], in the order of `numbers`."""

    numbers: tuple[int, ...]
    table: Floats


@dataclass(frozen=True)
class Clock:
    """A base clock that a source states, of which CPUs (None: of all), and in what words."""

    ghz: float
    words: str
    cpus: Cpus | None = None


@dataclass(frozen=True)
class Stated:
    """A machine as its source states it.

    `kind` is measured for a machine that was looked at, assumed for one that was made up. `cores`
    are in the source's order. `packages`, `dies` and `nodes` are empty where none are stated.
    `clocks` are base clocks; `fastest_mhz` is the largest clock, which is no base clock. `remarks`
    are what the reader found and could not take over; `numbered` says whether the source states
    which CPUs are threads of one core.
    """

    kind: SourceKind
    cores: tuple[Core, ...]
    packages: tuple[Cpus, ...] = ()
    dies: tuple[Cpus, ...] = ()
    nodes: tuple[Node, ...] = ()
    caches: tuple[Cache, ...] = ()
    distances: Distances | None = None
    clocks: tuple[Clock, ...] = ()
    fastest_mhz: float | None = None
    remarks: tuple[str, ...] = ()
    numbered: bool = True


def checked(stated: Stated, origin: str) -> Stated:
    """Return what is stated, once its CPUs are known to be some, not too many, and each one once.

    Raises:
        ConfigError: about the first of these that fails.
    """
    count = Counter(cpu for core in stated.cores for cpu in core)
    if not count:
        raise ConfigError(message(origin, "describes no CPUs (objects of type PU)"))
    if len(count) > MOST_CPUS:
        raise ConfigError(message(origin, f"{len(count)} CPUs", f"allowed: up to {MOST_CPUS}"))
    twice = next((cpu for cpu, times in count.items() if times > 1), None)
    if twice is not None:
        raise ConfigError(message(origin, f"CPU {twice} stands twice"))
    return stated


def symmetric(table: Floats) -> Floats:
    """Mean of the two directions; where only one is known, that one."""
    other = np.where(np.isnan(table.T), table, table.T)
    mean: Floats = (np.where(np.isnan(table), table.T, table) + other) / 2
    return mean


def base_clock_in(name: str) -> float | None:
    """Find the clock in a processor's name (`... CPU E5-2650 0 @ 2.00GHz`), in GHz."""
    _, at, clock = name.rpartition("@")
    text = clock.strip().lower().replace(" ", "")
    for unit, scale in (("ghz", 1.0), ("mhz", 1e-3)):
        if at and text.endswith(unit):
            try:
                ghz = float(text.removesuffix(unit)) * scale
            except ValueError:
                return None
            return ghz if 0.1 <= ghz <= 20 else None
    return None
