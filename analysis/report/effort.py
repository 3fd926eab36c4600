"""What the simulation took: wall time from Snakemake's benchmark files, events from the results.

Wall time never enters the results themselves; it is read from beside them and only shown.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import polars as pl


@dataclass(frozen=True)
class Effort:
    """Simulated events of one curve and the wall time of the process that simulated it."""

    curve: str
    events: int
    seconds: float | None

    @property
    def events_per_second(self) -> float | None:
        """Simulated events per second of wall time, the start of the process included."""
        return self.events / self.seconds if self.seconds else None


def of_curve(curve: str, points: Path, benchmark: Path) -> Effort:
    """Read one curve's effort; the wall time is None without a benchmark file."""
    events = pl.read_parquet(points, columns=["events"])["events"].sum()
    return Effort(curve, int(events), wall_time(benchmark))


def wall_time(benchmark: Path) -> float | None:
    """Mean of the `s` column of a Snakemake benchmark file, or None."""
    try:
        with benchmark.open(encoding="utf-8", newline="") as file:
            seconds = [float(row["s"]) for row in csv.DictReader(file, delimiter="\t")]
    except (OSError, KeyError, ValueError):
        return None
    return sum(seconds) / len(seconds) if seconds else None


def total(efforts: list[Effort]) -> Effort:
    """All curves together; the wall time adds up processes, also those that ran side by side."""
    known = [effort.seconds for effort in efforts]
    seconds = sum(s for s in known if s is not None) if None not in known and known else None
    return Effort("all", sum(effort.events for effort in efforts), seconds)
