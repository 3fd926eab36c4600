"""Random configurations within bounds: machines x kernels x workloads x settings at their ends."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from sim.config.compose import compose
from sim.config.errors import ConfigError
from sim.config.files import choices
from sim.config.keys import Key, keys, shape_of
from sim.config.run import RunConfig
from sim.experiment.assumptions import felt_parts

TINY = (
    "run=smoke",
    "run.warmup_operations=1",
    "run.operations=3",
    "run.minimum_operations=5",
    "run.jobs=1",
    "run.replications=1",
)
FEW_CORES = (1, 2, 2, 3, 4, 4, 6, 8)
MORE_CORES = (12, 16, 24, 32, 48)
SETTINGS = (0, 1, 1, 2, 3, 5, 8)
MOST_TRIES = 40


def configuration(rng: random.Random) -> tuple[list[str], RunConfig]:
    """A configuration that the schema permits, and the overrides that it is made from."""
    while True:
        chosen = [
            *TINY,
            f"hardware={rng.choice(sorted(choices('hardware')))}",
            f"kernel={rng.choice(sorted(choices('kernel')))}",
            f"workload={rng.choice(sorted(choices('workload')))}",
            f"order={rng.choice(['package', 'round_robin'])}",
        ]
        cores = rng.choice(FEW_CORES if rng.random() < 0.8 else MORE_CORES)
        try:
            config = compose([*chosen, f"cores=[{cores}]"])
        except ConfigError:  # not every machine has what a workload needs
            continue
        if felt_parts(config) is not None:  # nor every kernel
            return with_settings(rng, [*chosen, f"cores=[{cores}]"])


def with_settings(rng: random.Random, overrides: list[str]) -> tuple[list[str], RunConfig]:
    """Add settings of random values, each of which the schema permits beside the others."""
    config = compose(overrides)
    wanted = rng.choice(SETTINGS)
    for _ in range(MOST_TRIES):
        if wanted == 0:
            break
        known = [key for key in keys(shape_of(config)).values() if is_drawn(key)]
        key = rng.choice(known)
        added = [*overrides, f"{key.name}={value(rng, key, config)}"]
        try:
            config, overrides = compose(added), added
        except ConfigError:
            continue
        wanted -= 1
    return overrides, config


def is_drawn(key: Key) -> bool:
    """Whether a key's value is drawn: settings of machine, kernel and workload with bounds."""
    group = key.name.partition(".")[0]
    finite = all(math.isfinite(bound) for bound in key.bounds)
    return key.is_leaf and group not in ("run", "limits") and (finite or bool(key.choices))


def value(rng: random.Random, key: Key, config: RunConfig) -> str:
    """A value of a key: a choice, an end of its range, one in between, or one near its own."""
    if key.choices:
        return rng.choice(key.choices)
    low, high = key.bounds
    whole = "integer" in key.allowed
    match rng.randrange(6):
        case 0:
            number = low
        case 1:
            number = high
        case 2 | 3:
            number = between(rng, low, high)
        case _:
            own = present(config, key.name)
            number = min(max(own * 10 ** rng.uniform(-1, 1), low), high)
    return str(round(number)) if whole else repr(float(number))


def between(rng: random.Random, low: float, high: float) -> float:
    """A number whose magnitude is as likely as any other between two numbers."""
    least = max(low, min(1.0, high / 1e6))
    return float(min(max(math.exp(rng.uniform(math.log(least), math.log(high))), low), high))


def present(config: RunConfig, key: str) -> float:
    """The number that a key has now; 1 where it has none."""
    found: Any = config
    for part in key.split("."):
        found = getattr(found, part, None)
    return float(found) if isinstance(found, int | float) and found else 1.0


def told(overrides: Sequence[str], outcome: Mapping[str, Any]) -> str:
    """Say how to repeat a case."""
    return f"NUMBA_BOUNDSCHECK=1 python -m sim run {' '.join(overrides)}\n  {outcome}"
