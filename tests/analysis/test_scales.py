"""Series that lie decades apart begin on a logarithmic axis, whatever they are called."""

from __future__ import annotations

from analysis.draw import canvas
from analysis.report import charts
from analysis.report.charts import Rows, Series


def rows(**series: list[float]) -> Rows:
    return [
        {"series": name, "kind": "simulated", "cores": cores}
        | {"value": value, "low": 0.9 * value, "high": 1.1 * value}
        for name, values in series.items()
        for cores, value in enumerate(values, 1)
    ]


def lines(found: Rows) -> charts.Spec:
    names = list(dict.fromkeys(row["series"] for row in found))
    series = [Series(name, "#000000", []) for name in names]
    return charts.lines([("value", names)], series, found, [])


def test_a_series_under_a_hundredth_of_another_asks_for_decades() -> None:
    assert canvas.spans_decades([[1.0, 2.0], [250.0]])
    assert not canvas.spans_decades([[1.0, 2.0], [150.0]])
    assert charts.spans_decades(lines(rows(a=[1.0, 2.0], b=[250.0, 1.0])))


def test_a_collapse_is_no_reason_and_neither_is_a_series_of_zeros() -> None:
    assert not canvas.spans_decades([[1000.0, 1.0], [900.0, 800.0]])
    assert not canvas.spans_decades([[0.0, 0.0], [5.0]])
    assert not canvas.spans_decades([])


def test_a_logarithmic_axis_has_no_place_for_what_is_not_above_zero() -> None:
    spec = charts.logarithmic(lines(rows(a=[0.0, 2.0], b=[250.0, 900.0])))
    assert [row["value"] for row in spec["datasets"]["simulated"]] == [2.0, 250.0, 900.0]
    assert '"type": "log"' in str(spec).replace("'", '"')
    assert "<svg" in charts.static(spec, "both")
