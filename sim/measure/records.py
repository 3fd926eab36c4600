"""What was measured, as tidy CSV: a row for each point, and what answers it in the model."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from sim.config.errors import ConfigError, message
from sim.measure.plan import Point
from sim.measure.spread import Spread

CURVES, PAIRS = "curves.csv", "pairs.csv"
OF_PAIRS = "pair_latency"
TIME_OF_EACH = "ns/operation"
"""Unit of the time between two operations of a core, which published tables have."""


@dataclass(frozen=True)
class Record:
    """One point of a curve.

    Attributes:
        series: its name.
        cores: how many took part.
        value: mean over repetitions: operations per second of all cores, or ns of one operation.
        half_interval: half of the 95 % interval of the mean; None for one repetition.
        unit: of the value.
        repetitions, outliers, disturbed: counted, left out, and of which other programs ran.
        is_noisy: whether disturbed repetitions had to be counted.
        run: overrides of the run that answers it; empty: none does.
        cpus: that took part.
    """

    series: str
    cores: int
    value: float
    half_interval: float | None
    unit: str
    repetitions: int
    outliers: int
    disturbed: int
    is_noisy: bool
    run: tuple[str, ...]
    cpus: tuple[int, ...]

    @property
    def is_latency(self) -> bool:
        """Whether the value is the latency of an operation."""
        return self.unit == "ns"

    @property
    def is_time(self) -> bool:
        """Whether less of it is better: a latency, or the time that each core takes."""
        return self.unit in ("ns", TIME_OF_EACH)


COLUMNS = tuple(field.name for field in fields(Record))


def record(point: Point, known: Spread, clock_ghz: float) -> Record:
    """What is known of a point.

    Args:
        point: which one.
        known: its repetitions.
        clock_ghz: by which periods become cycles.
    """
    series = point.series
    period_ns = int(series.arguments.get("period_ns", 0))
    period = {"period_cycles": round(period_ns * clock_ghz)}
    latency = series.value == "latency_ns"
    return Record(
        series.name,
        len(point.cpus),
        known.value,
        known.half,
        "ns" if latency else f"{series.unit}/s",
        known.counted,
        known.outliers,
        known.disturbed,
        known.is_noisy,
        tuple(text.format(**period) for text in series.overrides),
        point.cpus,
    )


def write_csv(records: Iterable[Record]) -> str:
    """CSV of records, a header first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in records:
        half = "" if item.half_interval is None else f"{item.half_interval:.6g}"
        writer.writerow(
            [
                item.series,
                item.cores,
                f"{item.value:.6g}",
                half,
                item.unit,
                item.repetitions,
                item.outliers,
                item.disturbed,
                int(item.is_noisy),
                shlex.join(item.run),
                " ".join(map(str, item.cpus)),
            ]
        )
    return text.getvalue()


def read_csv(path: Path) -> list[Record]:
    """Read records.

    Raises:
        ConfigError: if the file is not there, or a row is none.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            message(str(path), f"cannot be read: {reason}", "written by: corescale machine measure")
        ) from None
    return [_record(row, f"{path}: row {number}") for number, row in enumerate(rows, 2)]


def _record(row: Mapping[str, str], origin: str) -> Record:
    missing = [name for name in COLUMNS if row.get(name) is None]
    if missing:
        raise ConfigError(
            message(origin, f"no column {missing[0]}", f"needed: {', '.join(COLUMNS)}")
        )
    try:
        found = Record(
            row["series"],
            int(row["cores"]),
            float(row["value"]),
            float(row["half_interval"]) if row["half_interval"] else None,
            row["unit"],
            int(row["repetitions"]),
            int(row["outliers"]),
            int(row["disturbed"]),
            row["is_noisy"] == "1",
            tuple(shlex.split(row["run"])),
            tuple(map(int, row["cpus"].split())),
        )
    except ValueError as error:
        raise ConfigError(message(origin, str(error))) from None
    if not 0 < found.value < float("inf") or found.cores < 1:
        raise ConfigError(message(origin, f"{found.value:g} at {found.cores} cores is no value"))
    return found
