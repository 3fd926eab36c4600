"""What the simulation took: time and memory from Snakemake's benchmark files, events from results.

Neither enters the results themselves; they are read from beside them and only shown.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from analysis.read.tidy import read_parquet


@dataclass(frozen=True)
class Effort:
    """Simulated events of one curve, and wall time and memory of the process that simulated it."""

    curve: str
    events: int
    seconds: float | None
    memory_mb: float | None = None

    @property
    def events_per_second(self) -> float | None:
        """Simulated events per second of wall time, the start of the process included."""
        return self.events / self.seconds if self.seconds else None


def of_curve(curve: str, points: Path, benchmark: Path) -> Effort:
    """Read one curve's effort; time and memory are None without a benchmark file."""
    events = read_parquet(points)["events"].sum()
    seconds, memory = column(benchmark, "s"), column(benchmark, "max_rss")
    mean = sum(seconds) / len(seconds) if seconds else None
    return Effort(curve, int(events), mean, max(memory, default=None))


def column(benchmark: Path, name: str) -> list[float]:
    """Read one column of a Snakemake benchmark file; empty where it was not recorded."""
    try:
        with benchmark.open(encoding="utf-8", newline="") as file:
            return [float(row[name]) for row in csv.DictReader(file, delimiter="\t")]
    except (OSError, KeyError, TypeError, ValueError):
        return []


def total(efforts: list[Effort]) -> Effort:
    """All curves together: wall times added up, and the memory of the largest process."""
    known = [effort.seconds for effort in efforts]
    seconds = sum(s for s in known if s is not None) if None not in known and known else None
    memory = max((e.memory_mb for e in efforts if e.memory_mb is not None), default=None)
    return Effort("all", sum(effort.events for effort in efforts), seconds, memory)
