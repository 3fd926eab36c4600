"""`warm`: compile the engine once, before many processes want it."""

from __future__ import annotations

from collections.abc import Sequence

from sim.config.compose import compose
from sim.config.errors import ConfigError, message


def run(arguments: Sequence[str]) -> None:
    """Run and trace a tiny simulation, so that both variants of the engine are in the cache."""
    if arguments:
        raise ConfigError(message(f"warm {arguments[0]}", "warm takes no arguments"))
    load()


def load() -> None:
    """Have both variants of the compiled engine in this process."""
    from sim.simulate import simulate, trace

    config = compose(["run=smoke", "run.replications=1", "cores=[2]"])
    simulate(config)
    trace(config, 2, 10)
