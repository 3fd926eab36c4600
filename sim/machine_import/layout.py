"""Cores as the model has them: packages of equal dies, dies of equal cores, one thread in each.

Real machines may be irregular (clusters of two and of three cores, a core that is switched off).
As many cores as fit into equal dies are kept; the others are left out and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Core = tuple[int, ...]
"""CPU numbers (hardware threads) of one core."""
Nested = Sequence[Sequence[Sequence[Core]]]
"""Package -> die -> core."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """Equal dies in equal packages, and the cores that did not fit."""

    packages: tuple[tuple[tuple[Core, ...], ...], ...]
    left_out: tuple[Core, ...] = ()

    @property
    def dies_per_package(self) -> int:
        """Dies in each package."""
        return len(self.packages[0])

    @property
    def cores_per_die(self) -> int:
        """Cores in each die."""
        return len(self.packages[0][0])

    @property
    def cores(self) -> tuple[Core, ...]:
        """All cores, in the model's order: die by die, package by package."""
        return tuple(core for package in self.packages for die in package for core in die)

    @property
    def threads_per_core(self) -> int:
        """Hardware threads of the core that has most."""
        return max(len(core) for core in (*self.cores, *self.left_out))

    @property
    def package_of(self) -> Ints:
        """Package of each core: int64[cores]."""
        return np.arange(len(self.cores)) // (self.dies_per_package * self.cores_per_die)

    @property
    def die_of(self) -> Ints:
        """Die of each core, counted over the whole machine: int64[cores]."""
        return np.arange(len(self.cores)) // self.cores_per_die


def regular(nested: Nested) -> Layout:
    """Keep as many cores as equal dies in equal packages can hold; of equal choices, larger dies.

    Among the dies of a package those that need not be cut are preferred, then those that come
    first; all packages are kept.
    """
    sizes = sorted({len(die) for package in nested for die in package}, reverse=True)

    def dies(size: int) -> int:
        return min(sum(len(die) >= size for die in package) for package in nested)

    size = max((size for size in sizes if dies(size)), key=lambda size: size * dies(size))
    packages, each = [], dies(size)
    for package in nested:
        large = [i for i, die in enumerate(package) if len(die) >= size]
        chosen = sorted(sorted(large, key=lambda i: (len(package[i]) > size, i))[:each])
        packages.append(tuple(tuple(package[i][:size]) for i in chosen))
    kept = {core for package in packages for die in package for core in die}
    every = sorted(core for package in nested for die in package for core in die)
    return Layout(tuple(packages), tuple(core for core in every if core not in kept))


def numbers(cores: tuple[Core, ...]) -> str:
    """List the first CPU of every core, runs shortened: 0..5 12 13."""
    first = [core[0] for core in cores]
    runs: list[list[int]] = []
    for cpu in first:
        if runs and runs[-1][-1] + 1 == cpu:
            runs[-1].append(cpu)
        else:
            runs.append([cpu])
    return " ".join(
        f"{run[0]}..{run[-1]}" if len(run) > 2 else " ".join(map(str, run)) for run in runs
    )
