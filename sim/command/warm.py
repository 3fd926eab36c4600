"""`warm`: compile the engine once, before many processes want it."""

from __future__ import annotations

from collections.abc import Sequence

from sim.config.compose import choices, compose
from sim.config.errors import ConfigError, message


def run(arguments: Sequence[str]) -> None:
    """Simulate a tiny run of every workload, so that all compiled code is in the cache."""
    if arguments:
        raise ConfigError(message(f"warm {arguments[0]}", "warm takes no arguments"))
    from sim.simulate import simulate

    for name in choices("workload"):
        simulate(compose([f"workload={name}", "run=smoke", "run.replications=1", "cores=[1,2]"]))
