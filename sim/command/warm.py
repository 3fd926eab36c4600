"""`warm`: compile the engine once, before many processes want it."""

from __future__ import annotations

from sim.config.compose import compose


def load() -> None:
    """Have both variants of the compiled engine in this process, and so in the cache."""
    from sim.simulate import simulate, trace

    config = compose(["run=smoke", "run.replications=1", "cores=[2]"])
    simulate(config)
    trace(config, 2, 10)
