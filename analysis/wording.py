"""Names and numbers as a reader sees them."""

from __future__ import annotations

import math

REPRODUCED = "reproduced"
TREND_ONLY = "trend only"
NOT_REPRODUCED = "not reproduced"
HOLDS = "holds in the model"
DOES_NOT_HOLD = "does not hold in the model"
NOT_MODELLED = "not modelled"
NOT_RUN = "not run"
VERDICTS = (
    REPRODUCED,
    TREND_ONLY,
    NOT_REPRODUCED,
    HOLDS,
    DOES_NOT_HOLD,
    NOT_MODELLED,
    NOT_RUN,
)
GREEN = (REPRODUCED, HOLDS)

PREDICTED = "predicted"
PARTLY_FITTED = "partly fitted"
FITTED = "fitted"
INPUT = "input"
IDENTITY = "identity"
STATEMENT = "statement of the model"
BASES = (PREDICTED, PARTLY_FITTED, FITTED, INPUT, IDENTITY, STATEMENT)


def name_of(identifier: str) -> str:
    """An identifier as words: `vfsmount_table` becomes `vfsmount table`."""
    return identifier.replace("_", " ")


def contribution_of(thing: str, cause: str) -> str:
    """One (object, cause) of the account in words: `vfsmount table: lock wait`."""
    return f"{name_of(thing)}: {name_of(cause)}"


def number(value: float | None) -> str:
    """A number with at most four significant digits and thousands separators; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if magnitude >= 3:
        text = f"{value:,.0f}"
    elif magnitude < -4:
        text = f"{value:.2e}"
    else:
        text = f"{value:.{max(0, 3 - magnitude)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")


def percent(value: float | None, digits: int = 1) -> str:
    """A percentage with its sign spelled by a real minus; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.{digits}f} %".replace("-", "−")


def counted(count: int) -> str:
    """A core count with its noun: `1 core`, `48 cores`."""
    return f"{count} core" if count == 1 else f"{count} cores"


def cores(counts: list[int]) -> str:
    """Core counts as a list in words: `1, 4 and 48`."""
    texts = [str(count) for count in counts]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
