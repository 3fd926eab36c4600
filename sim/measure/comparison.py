"""Measured beside simulated: errors of every point, one error of all, and that of two baselines.

The error is the mean over series of the mean of their points' errors, so that a curve of twelve
points weighs as much as one of two. Points that the machine's file or the fit has seen do not
count, nor those during which other programs ran. The baselines know no mechanism: that what was
measured at the fewest cores holds at every count, for each core (*held*: perfect scaling, no
contention), or for all cores together (*linear*: nothing scales, and a latency grows as the cores
that wait).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sim.measure.fit import Fit
from sim.measure.model import Model
from sim.measure.records import Record

Role = Literal["predicted", "fitted", "input"]
INPUTS = ("memory_",)
"""How series begin whose points the machine's file was written from."""


@dataclass(frozen=True)
class Row:
    """One point, as measured and as simulated.

    Attributes:
        record: the measurement.
        imported: simulated on the machine as it was written.
        simulated: simulated on the fitted one.
        held, linear: what the baselines say; the measured value at the fewest cores.
        role: whether the point was seen before it was predicted.
    """

    record: Record
    imported: float
    simulated: float
    held: float
    linear: float
    role: Role

    def error(self, value: float) -> float:
        """Relative error of a value that stands for the measured one."""
        return value / self.record.value - 1

    @property
    def judged(self) -> float | None:
        """Relative error of the simulation; None where other programs ran: they were measured."""
        return None if self.record.is_noisy else self.error(self.simulated)


@dataclass(frozen=True)
class Weighted:
    """Mean errors over series of points that nothing was fitted on; None without any.

    Attributes:
        points, series: how many.
        simulated, imported: of the fitted machine, and as it was written.
        beside_baselines, held, linear: without each series' first point.
    """

    points: int
    series: int
    simulated: float | None
    imported: float | None
    beside_baselines: float | None
    held: float | None
    linear: float | None


def compare(model: Model, fitted: Fit, records: Iterable[Record]) -> list[Row]:
    """Simulate every point that the model has an answer to."""
    rows = []
    first: dict[str, Record] = {}
    for record in sorted(records, key=lambda r: (r.series, r.cores)):
        if not record.run:
            continue
        begin = first.setdefault(record.series, record)
        imported = model.answer(record)
        simulated = model.answer(record, fitted.values)
        if imported is None or simulated is None:
            continue
        scaled = begin.value * record.cores / begin.cores
        held, linear = (begin.value, scaled) if record.is_time else (scaled, begin.value)
        role: Role = "predicted"
        if record in fitted.points:
            role = "fitted"
        elif record.series.startswith(INPUTS):
            role = "input"
        rows.append(Row(record, imported, simulated, held, linear, role))
    return rows


def weighted(rows: Sequence[Row]) -> Weighted:
    """Errors over all points that were predicted and not disturbed."""
    predicted = [row for row in rows if counts(row)]
    fewest = {row.record.series: row.record.cores for row in reversed(rows)}
    later = [row for row in predicted if row.record.cores > fewest[row.record.series]]

    def mean(chosen: Sequence[Row], name: str) -> float | None:
        by_series: dict[str, list[float]] = {}
        for row in chosen:
            error = abs(row.error(getattr(row, name)))
            by_series.setdefault(row.record.series, []).append(error)
        means = [sum(errors) / len(errors) for errors in by_series.values()]
        return sum(means) / len(means) if means else None

    return Weighted(
        len(predicted),
        len({row.record.series for row in predicted}),
        mean(predicted, "simulated"),
        mean(predicted, "imported"),
        mean(later, "simulated"),
        mean(later, "held"),
        mean(later, "linear"),
    )


def counts(row: Row) -> bool:
    """Whether a point's error says something of the model."""
    return row.role == "predicted" and not row.record.is_noisy


def worst(rows: Sequence[Row], count: int) -> list[Row]:
    """Points that count with the largest errors, at most one of a series."""
    found: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: -abs(row.error(row.simulated))):
        if counts(row):
            found.setdefault(row.record.series, row)
    return list(found.values())[:count]
