"""The scoreboard: how many claims of each basis hold, the same wherever claims are counted.

Predictions come first, because they alone are evidence; a statement of the model reproduces
nothing, and is never added to what does. What was not run or is not modelled has no basis.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.wording import (
    BASES,
    FITTED,
    GREEN,
    IDENTITY,
    INPUT,
    NOT_MODELLED,
    NOT_RUN,
    PARTLY_FITTED,
    PREDICTED,
    STATEMENT,
    TREND_ONLY,
)

MEANINGS = {
    PREDICTED: "published, and no calibration used a point that the claim looks at",
    PARTLY_FITTED: "a calibration used some of the points",
    FITTED: "a calibration used all of the points",
    INPUT: "the model is given it and passes it on",
    IDENTITY: "arithmetic or a definition",
    STATEMENT: "nobody published it: it holds in the model or does not",
}
NAMES = {
    PARTLY_FITTED: "partly fitted claims",
    FITTED: "fitted claims",
    INPUT: "inputs",
    IDENTITY: "identities",
    STATEMENT: "statements of the model",
}


@dataclass(frozen=True)
class Line:
    """Claims of one basis: how many were judged, hold, and hold in their direction only."""

    basis: str
    judged: int
    hold: int
    trend: int

    @property
    def fail(self) -> int:
        """How many hold in no way."""
        return self.judged - self.hold - self.trend


@dataclass(frozen=True)
class Scoreboard:
    """A line for each basis that has claims, predictions first and always; and what is left."""

    lines: list[Line]
    not_modelled: int
    not_run: int

    @property
    def headline(self) -> str:
        """What counts: `21 of 34 predictions hold`."""
        first = self.lines[0]
        noun = "prediction holds" if first.judged == 1 else "predictions hold"
        return f"{first.hold} of {first.judged} {noun}"

    @property
    def others(self) -> str:
        """What the other claims are worth, in one sentence; empty without any."""
        parts = [f"{one.hold} of {one.judged} {NAMES[one.basis]}" for one in self.lines[1:]]
        left = [
            f"{count} {what}"
            for count, what in ((self.not_modelled, NOT_MODELLED), (self.not_run, NOT_RUN))
            if count
        ]
        said = f"Besides, {', '.join(parts)} hold" if parts else ""
        if left:
            said += f"; {', '.join(left)}" if said else f"Besides, {', '.join(left)}"
        return f"{said}." if said else ""


def scoreboard(claims: Iterable[tuple[str, str]]) -> Scoreboard:
    """Count (basis, verdict) of claims."""
    counted = list(claims)
    lines = []
    for basis in BASES:
        mine = [verdict for of, verdict in counted if of == basis]
        if mine or basis == PREDICTED:
            hold = sum(verdict in GREEN for verdict in mine)
            lines.append(Line(basis, len(mine), hold, mine.count(TREND_ONLY)))
    verdicts = [verdict for _, verdict in counted]
    return Scoreboard(lines, verdicts.count(NOT_MODELLED), verdicts.count(NOT_RUN))
