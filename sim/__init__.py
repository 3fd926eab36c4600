"""corescale: a workload on a kernel design on a multicore machine, simulated and explained."""

import os

from sim.version import compile_cache, engine_hash

# Before anything imports numba, which reads the variable once and ignores later changes.
os.environ["NUMBA_CACHE_DIR"] = str(compile_cache())

__all__ = ["engine_hash"]
