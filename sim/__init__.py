"""corescale: a workload on a kernel design on a multicore machine, simulated and explained."""

import os

import sim.environment  # noqa: F401, first: it leaves where nothing after it could be imported

# Before anything imports numba. Its messages stay plain: for colours it would reset every terminal
# when the process ends.
os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")

__all__ = ["engine_hash"]


def __getattr__(name):
    # type: (str) -> object
    """Import what few programs need when it is asked for."""
    if name != "engine_hash":
        raise AttributeError("module {!r} has no attribute {!r}".format(__name__, name))  # noqa: UP032
    from sim.version import engine_hash

    return engine_hash
