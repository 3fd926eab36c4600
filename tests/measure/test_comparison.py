"""One error of all that was predicted, and guesses; what was seen or disturbed does not count."""

from __future__ import annotations

import csv

import pytest

from sim.measure.comparison import Role, Row, weighted, worst
from sim.measure.page import csv_of
from sim.measure.records import Record


def row(
    series: str, cores: int, measured: float, simulated: float, role: Role = "predicted",
    noisy: bool = False,
) -> Row:  # fmt: skip
    of = Record(series, cores, measured, 0.0, "x/s", 3, 0, 0, noisy, ("workload=x",), (0,))
    return Row(of, simulated, simulated, 10.0 * cores, 10.0, role)


ROWS = [
    row("a", 1, 10.0, 11.0),
    row("a", 2, 20.0, 20.0),
    row("a", 4, 20.0, 26.0),
    row("b", 1, 10.0, 10.0),
    row("b", 2, 16.0, 12.0),
    row("b", 4, 20.0, 2000.0, noisy=True),
    row("c", 1, 10.0, 500.0, "fitted"),
    row("d", 1, 10.0, 500.0, "input"),
]


def test_every_series_counts_once_and_only_what_was_predicted() -> None:
    found = weighted(ROWS)
    assert (found.points, found.series) == (5, 2)
    a, b = (0.1 + 0.0 + 0.3) / 3, (0.0 + 0.25) / 2
    assert found.simulated == pytest.approx((a + b) / 2)


def test_baselines_are_judged_without_the_point_that_they_hold() -> None:
    found = weighted(ROWS)
    assert found.beside_baselines == pytest.approx(((0.0 + 0.3) / 2 + 0.25) / 2)
    assert found.held == pytest.approx(((0.0 + 1.0) / 2 + 0.25) / 2)
    assert found.linear == pytest.approx(((0.5 + 0.5) / 2 + 0.375) / 2)


def test_the_worst_misses_are_of_different_series() -> None:
    assert [(r.record.series, r.record.cores) for r in worst(ROWS, 5)] == [("a", 4), ("b", 2)]
    assert len(worst(ROWS, 1)) == 1


def test_a_point_during_which_other_programs_ran_has_no_error() -> None:
    rows = list(csv.DictReader(csv_of(ROWS).splitlines()))
    assert [row["series"] for row in rows if not row["error"]] == ["b"]
    assert next(row["simulated"] for row in rows if row["is_noisy"] == "1") == "2000"


def test_without_a_prediction_there_is_no_error() -> None:
    found = weighted(ROWS[-3:])
    assert found.points == 0
    assert found.simulated is None and found.held is None
