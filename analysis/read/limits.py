"""What limits a curve at its most cores: the object that costs most beyond what it costs one core.

What an object costs one core is work, and stays. Only the excess over it can be gained, and how
much of it is says a run in which the object costs nothing (`what_if`), where there is one: what
others queue behind gains more than its share, what hides behind another bottleneck less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from analysis.read import breakdown
from sim.statistics import Interval

FEW = 0.1
"""Part of an object's cycles that may be work of one core without being spoken of."""
MOSTLY = 0.5
"""Part of an object's cycles from which on it is work more than anything else."""
LEAST = 0.01
"""Share of the cycles below which nothing limits."""


@dataclass(frozen=True)
class Limit:
    """One object that costs a curve more at many cores than at one.

    thing, cause : the object, and what about it costs most more
    cores, few : core counts compared
    share : of all cycles at `cores` that this object and cause take
    excess : share of all cycles at `cores` that the whole object takes beyond its cost at `few`
    work : part of the object's cycles at `cores` that it costs at `few` as well
    gain : of throughput when the object costs nothing; None where that was not simulated
    """

    thing: str
    cause: str
    cores: int
    few: int
    share: float
    excess: float
    work: float
    gain: Interval | None = None

    @property
    def gain_of_excess(self) -> float:
        """Gain in throughput without the excess if nothing else changed: arithmetic, no run."""
        return self.excess / (1 - self.excess) if self.excess < 1 else float("inf")

    @property
    def is_work(self) -> bool:
        """Whether most of what the object costs has to be done: a run without it says little."""
        return self.work > MOSTLY

    @property
    def includes_work(self) -> bool:
        """Whether a run without the object also saves work that has to be done."""
        return self.work > FEW


def of_curve(shares: pl.DataFrame, what_if: pl.DataFrame | None, curve: str) -> list[Limit]:
    """Return what limits a curve, most first; nothing with fewer than two core counts.

    Parameters
    ----------
    shares : `breakdown.shares`
    what_if : rows of what-if views with columns curve, what, change, cores, gain, low, high
    """
    mine = shares.filter(pl.col("curve") == curve)
    counts = sorted(set(mine["cores"].to_list()))
    if len(counts) < 2:
        return []
    few, many = (mine.filter(pl.col("cores") == count) for count in (counts[0], counts[-1]))
    total = float(many["cycles"].sum())
    before, after = _by_object(few), _by_object(many)
    gains = {} if what_if is None else _gains(what_if, curve, counts[-1])
    found = []
    for thing, cause, grown in breakdown.growth(few, many).iter_rows():
        if grown / total < LEAST:
            break
        cycles = float(
            many.filter((pl.col("object") == thing) & (pl.col("cause") == cause))["cycles"].sum()
        )
        work = min(before.get(thing, 0.0), after[thing]) / after[thing]
        place = (counts[-1], counts[0])
        found.append(
            Limit(thing, cause, *place, cycles / total, grown / total, work, gains.get(thing))
        )
    return found


def _by_object(account: pl.DataFrame) -> Mapping[str, float]:
    """Cycles of an operation by object."""
    return dict(account.group_by("object").agg(pl.col("cycles").sort().sum()).iter_rows())


def _gains(what_if: pl.DataFrame, curve: str, cores: int) -> Mapping[str, Interval]:
    """Gain of a curve without each object that was freed."""
    mine = what_if.filter(
        (pl.col("curve") == curve) & (pl.col("cores") == cores) & (pl.col("change") == "freed")
    )
    return {
        thing: Interval(*ends) for thing, *ends in mine.select("what", "gain", "low", "high").rows()
    }
