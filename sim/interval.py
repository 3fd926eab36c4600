"""The 95 % interval of a mean over replications."""

from __future__ import annotations

import math
from collections.abc import Sequence

STUDENT_95 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}
"""Student's t for a 95 % interval, by degrees of freedom; the normal's 1.96 beyond the list."""


def half_interval(values: Sequence[float]) -> float | None:
    """Half the width of the 95 % confidence interval of the mean; None for one value."""
    count = len(values)
    if count < 2:
        return None
    mean = sum(values) / count
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (count - 1))
    return STUDENT_95.get(count - 1, 1.96) * deviation / math.sqrt(count)
