"""Made-up machines: latencies of a known layout, with noise, missing cells and any numbering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

CLOCK_GHZ = 2.5
SIBLINGS_NS = 8.0


@dataclass(frozen=True)
class MadeUp:
    """Latencies between CPUs, and the groups of CPUs that they were made from."""

    latencies: NDArray[np.float64]
    cores: set[frozenset[int]]
    dies: set[frozenset[int]]
    packages: set[frozenset[int]]


def groups(number: NDArray[np.int64]) -> set[frozenset[int]]:
    return {frozenset(map(int, np.flatnonzero(number == n))) for n in np.unique(number)}


def made_up(
    packages: int,
    dies: int,
    cores: int,
    threads: int,
    ns: tuple[float, float, float],
    noise: float,
    missing: int,
    adjacent: bool,
    seed: int,
) -> MadeUp:
    """Make a machine up: `ns` is (in a die, between dies, between packages); noise is relative."""
    random = np.random.default_rng(seed)
    total = packages * dies * cores
    place = random.permutation(total)
    cpu = np.arange(total * threads)
    core = cpu // threads if adjacent else cpu % total
    die = place[core] // cores
    package = die // dies
    alike = [of[:, None] == of for of in (core, die, package)]
    latencies = np.select(alike, [SIBLINGS_NS, ns[0], ns[1]], ns[2])
    factor = np.exp(noise * random.standard_normal(latencies.shape))
    latencies = np.tril(latencies * factor, -1)
    latencies = latencies + latencies.T
    shuffled = random.permutation(len(cpu))[: 2 * missing].reshape(-1, 2)
    for a, b in shuffled:  # no CPU lacks more than one cell
        latencies[a, b] = latencies[b, a] = np.nan
    np.fill_diagonal(latencies, np.nan)
    return MadeUp(latencies, groups(core), groups(die), groups(package))


@st.composite
def machines(draw: st.DrawFn) -> MadeUp:
    cores = draw(st.integers(4, 6))
    packages, dies = draw(st.sampled_from([(1, 1), (1, 3), (2, 1), (4, 1), (2, 2), (3, 3)]))
    local = draw(st.floats(25, 60))
    between_dies = local * draw(st.floats(1.6, 4))
    across = between_dies * draw(st.floats(1.6, 3))
    return made_up(
        packages,
        dies,
        cores,
        draw(st.sampled_from([1, 2])),
        (local, between_dies, across),
        noise=draw(st.floats(0, 0.04)),
        missing=draw(st.integers(0, 2)),
        adjacent=draw(st.booleans()),
        seed=draw(st.integers(0, 2**32 - 1)),
    )
