"""Distributions of drawn work, as tables of quantiles in fixed point.

A draw picks one of `QUANTILES` equally likely values; integers only, so that the Numba machine
and its Python twin agree to the cycle. Every table has mean 1 (to 16 bits).
"""

from __future__ import annotations

import numpy as np

from sim.engine.isa import QUANTILES
from sim.engine.state import Ints


def _table(inverse: np.ndarray) -> Ints:
    """Quantiles scaled to mean 1, in fixed point with 16 fractional bits."""
    return np.asarray(np.rint(inverse / inverse.mean() * 65536), np.int64)


def quantile_tables() -> Ints:
    """int64[distributions, QUANTILES]: exponential of mean 1, uniform on 0 .. 2."""
    middle = (np.arange(QUANTILES) + 0.5) / QUANTILES
    return np.stack([_table(-np.log1p(-middle)), _table(2 * middle)])


QUANTILE_TABLES = quantile_tables()
