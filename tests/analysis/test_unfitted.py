"""One error over all that no fit has seen: each series once, nothing that a fit has used."""

from __future__ import annotations

import polars as pl
import pytest

from analysis.judge import errors, naive_fifo, null_model, unfitted


def points(curve: str, values: list[tuple[int, float, float, str]]) -> pl.DataFrame:
    """Rows of (cores, published, error in percent, role)."""
    rows = [
        {"measure": "m", "curve": curve, "cores": cores, "published": published}
        | {"error_percent": error, "role": role, "left_out": cores == 4}
        for cores, published, error, role in values
    ]
    return pl.DataFrame(rows)


def law(curve: str, percent: float) -> pl.DataFrame:
    row = ("m", curve, errors.PREDICTED, 2, 0.0, percent, 0.0, 0.0, 4, 4, True)
    return pl.DataFrame([row], schema=null_model.SCHEMA, orient="row")


NO_LAW = pl.DataFrame(schema=null_model.SCHEMA)
NO_TURNS = pl.DataFrame(schema=naive_fifo.SCHEMA)
A = points("a", [(1, 100.0, 3.0, "calibrated"), (2, 50.0, -10.0, "predicted")])
B = points(
    "b",
    [(1, 10.0, 2.0, "predicted"), (2, 10.0, 4.0, "predicted"), (4, 5.0, 60.0, "predicted")],
)


def test_each_series_counts_once_and_excluded_points_count() -> None:
    both = {"e": A, "f": B}.items()
    series = [unfitted.of_experiment(name, table, NO_LAW, NO_TURNS) for name, table in both]
    found = unfitted.weighted(series)
    assert found is not None
    assert (found.points, found.series) == (4, 2)
    assert found.simulator == pytest.approx((10 + 22) / 2)
    # The first point of b repeated: right at two cores, twice too much at four; a's: twice.
    assert found.flat == pytest.approx((100 + 50) / 2)
    assert found.beside_flat == pytest.approx((10 + 32) / 2)
    assert found.law is None
    assert len(found.sentences()) == 2


def test_the_law_is_judged_on_its_own_series_only() -> None:
    both = pl.concat([A, B])
    found = unfitted.weighted([unfitted.of_experiment("e", both, law("b", 7.0), NO_TURNS)])
    assert found is not None
    assert (found.law, found.beside_law) == (pytest.approx(7), pytest.approx(22))


def test_what_was_fitted_alone_has_no_error_to_report() -> None:
    fitted = A.with_columns(pl.lit("calibrated").alias("role"))
    assert unfitted.weighted([unfitted.of_experiment("e", fitted, NO_LAW, NO_TURNS)]) is None


def test_naive_fifo_is_judged_at_the_points_of_which_it_says_something() -> None:
    rows = [("m", "b", cores, "predicted", 0.0, error) for cores, error in ((2, 30.0), (4, -50.0))]
    turns = pl.DataFrame(rows, schema=naive_fifo.SCHEMA, orient="row")
    both = pl.concat([A, B])
    found = unfitted.weighted([unfitted.of_experiment("e", both, NO_LAW, turns)])
    assert found is not None
    assert (found.naive, found.beside_naive) == (pytest.approx(40), pytest.approx(32))
    assert "(naive FIFO)" in found.sentences()[-1]
