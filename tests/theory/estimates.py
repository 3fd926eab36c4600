"""Means of replications compared with an exact value or with those of another simulation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

FREE = {"transfer": (0, 0), "occupancy": (0, 0), "memory": 0, "hit": 0, "locked": 0}
"""Costs of a machine whose lines cost nothing."""

REPLICATIONS = 8


def within_three_standard_errors(samples: Sequence[float], others: Sequence[float]) -> bool:
    """Whether the means of two samples, or of one and an exact value, may be the same."""
    one, other = np.array(samples), np.array(others)
    variance = one.var(ddof=1) / one.size
    if other.size > 1:
        variance += other.var(ddof=1) / other.size
    return bool(abs(one.mean() - other.mean()) <= 3 * math.sqrt(variance))
