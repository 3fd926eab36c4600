"""Metrics and verdicts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from analysis.artifact.record import Analysed
from analysis.judge import claims
from analysis.judge.evidence import Evidence
from analysis.judge.scoreboard import scoreboard
from metrics.top_cause import NOTHING
from sim import statistics
from sim.experiment.claim import Claim
from sim.experiment.metric import Value


def claim(**settings: Any) -> Claim:
    defaults = {
        "id": "c",
        "statement": "s",
        "metric": {"kind": "point", "curve": "stock", "column": "throughput", "cores": 48},
    }
    return Claim.model_validate(defaults | settings)


@pytest.mark.parametrize(
    ("settings", "value", "verdict"),
    [
        ({"published": 100.0, "tolerance": 0.1}, 109.9, claims.REPRODUCED),
        ({"published": 100.0, "tolerance": 0.1}, 110.0, claims.REPRODUCED),
        ({"published": 100.0, "tolerance": 0.1}, 110.2, claims.NOT_REPRODUCED),
        ({"published": 100.0, "tolerance": 0.1}, 89.0, claims.NOT_REPRODUCED),
        ({"published": 100.0, "tolerance": 0.1, "trend": {"above": 50}}, 60.0, claims.TREND_ONLY),
        (
            {"published": 100.0, "tolerance": 0.1, "trend": {"above": 50}},
            40.0,
            claims.NOT_REPRODUCED,
        ),
        (
            {"published": 0.0, "tolerance": 4.0, "tolerance_kind": "absolute"},
            -4.0,
            claims.REPRODUCED,
        ),
        ({"expect": {"below": 0.12}}, 0.11, claims.REPRODUCED),
        ({"expect": {"below": 0.12}}, 0.12, claims.NOT_REPRODUCED),
        ({"expect": {"below": 0.12}, "trend": {"below": 0.2}}, 0.15, claims.TREND_ONLY),
        ({"expect": {"above": 0.7, "below": 1.1}}, 1.0, claims.REPRODUCED),
    ],
)
def test_a_verdict_follows_from_the_tolerance_and_the_trend(
    settings: dict[str, Any], value: float, verdict: str
) -> None:
    assert claims.judge(claim(**settings), value) == verdict


def evidence(analysed: Analysed) -> Evidence:
    return Evidence(analysed.points, analysed.shares, analysed.error_points)


def value(analysed: Analysed, **metric: Any) -> Value:
    made = claim(metric=metric, expect={"above": 0})
    assert made.metric is not None
    return made.metric.measured(evidence(analysed))


def test_a_ratio_divides_two_points(analysed: Analysed) -> None:
    column = {"curve": "stock", "column": "throughput"}
    top = value(analysed, kind="point", cores=48, **column)
    bottom = value(analysed, kind="point", cores=36, **column)
    ratio = value(analysed, kind="ratio_of_points", cores=48, over_cores=36, **column)
    assert ratio == pytest.approx(float(top) / float(bottom))


def test_the_series_error_leaves_excluded_points_out_and_is_a_fraction(analysed: Analysed) -> None:
    found = value(
        analysed, kind="series_error", measure="throughput", curve="stock", statistic="mean"
    )
    row = analysed.errors.filter(points="all but 40, 44")
    assert found == pytest.approx(row["mean_absolute_percent"][0] / 100)


def test_the_series_error_at_named_cores_counts_exactly_those(analysed: Analysed) -> None:
    found = value(
        analysed,
        kind="series_error",
        measure="throughput",
        curve="stock",
        statistic="max",
        cores=[40],
    )
    row = analysed.error_points.filter(curve="stock", cores=40)
    assert found == pytest.approx(abs(row["error_percent"][0]) / 100)


def test_the_peak_is_a_core_count(analysed: Analysed) -> None:
    assert value(analysed, kind="peak_cores", curve="stock", column="throughput") == 36
    assert value(analysed, kind="peak_cores", curve="pk", column="throughput") == 48


def test_the_top_cause_can_be_asked_within_a_mode(analysed: Analysed) -> None:
    assert value(analysed, kind="top_cause", curve="stock", cores=48) == "vfsmount_table"
    assert value(analysed, kind="top_cause", curve="stock", cores=48, mode="user") == "exim"


def test_nothing_is_the_cause_where_the_largest_share_is_small(analysed: Analysed) -> None:
    waits = {"kind": "top_cause", "curve": "stock", "cores": 48, "cause": "lock_wait"}
    assert value(analysed, **waits, at_least=0.6) == "vfsmount_table"
    assert value(analysed, **waits, at_least=0.8) == NOTHING


def test_a_share_selects_by_object_cause_and_mode(analysed: Analysed) -> None:
    found = value(
        analysed, kind="share", curve="stock", cores=48, object="vfsmount_table", cause="lock_wait"
    )
    assert found == pytest.approx(0.7, abs=0.01)
    assert value(analysed, kind="share", curve="pk", cores=1, mode="idle") < 0.01


def test_a_point_that_was_not_simulated_gives_not_run(analysed: Analysed) -> None:
    metric = {"kind": "point", "curve": "stock", "column": "throughput", "cores": 47}
    verdict = claims.evaluate(claim(metric=metric, expect={"above": 0}), evidence(analysed))
    assert verdict.verdict == claims.NOT_RUN
    assert verdict.reason == "stock was not simulated at 47 cores"


def test_an_error_claim_about_a_whole_series_is_not_run_on_a_part_of_it(
    analysed: Analysed,
) -> None:
    made = claim(
        metric={
            "kind": "series_error",
            "measure": "throughput",
            "curve": "pk",
            "statistic": "mean",
        },
        expect={"below": 1},
    )
    simulated = set(analysed.error_points.filter(pl.col("curve") == "pk")["cores"].to_list())
    whole = evidence(analysed)
    part = replace(whole, published={("throughput", "pk"): simulated | {4711}})
    assert claims.evaluate(made, whole).verdict == claims.REPRODUCED
    assert claims.evaluate(made, part).verdict == claims.NOT_RUN


def test_a_claim_on_fitted_points_says_so(analysed: Analysed) -> None:
    metric = {"kind": "point", "curve": "stock", "column": "throughput", "cores": 40}
    made = claim(metric=metric, expect={"above": 0})
    predicted = replace(evidence(analysed), fitted=frozenset({("pk", 40)}))
    fitted = replace(evidence(analysed), fitted=frozenset({("stock", 40)}))
    assert claims.evaluate(made, predicted).reason == ""
    assert claims.evaluate(made, predicted).basis == claims.PREDICTED
    assert claims.evaluate(made, fitted).basis == claims.FITTED
    assert claims.evaluate(made, fitted).reason == "on points used in the calibration"


@pytest.mark.parametrize("cell", ["neither", "first", "second", "both"])
def test_a_metric_looks_at_every_curve_that_it_names_whatever_the_field_is_called(
    cell: str, analysed: Analysed
) -> None:
    cells = {"neither": "stock", "first": "stock", "second": "pk", "both": "pk"}
    metric = {"kind": "interaction", **cells, "column": "throughput", "cores": 40}
    made = claim(metric=metric, expect={"above": 0})

    def basis(*fitted: tuple[str, int]) -> str | None:
        known = replace(evidence(analysed), fitted=frozenset(fitted))
        return claims.evaluate(made, known).basis

    assert basis((cells[cell], 48)) == claims.PREDICTED
    assert basis((cells[cell], 40)) == claims.PARTLY_FITTED
    assert basis(("stock", 40), ("pk", 40)) == claims.FITTED


def test_what_is_not_modelled_says_why(analysed: Analysed) -> None:
    verdict = {v.id: v for v in analysed.verdicts}["temperature"]
    assert (verdict.verdict, verdict.reason) == (claims.NOT_MODELLED, "no thermal model")


def test_the_named_bottleneck_is_compared_by_name(analysed: Analysed) -> None:
    verdict = {v.id: v for v in analysed.verdicts}["vfsmount_table_limits_stock"]
    assert verdict.verdict == claims.REPRODUCED


def at_both(analysed: Analysed, *, stock: float, pk: float, spread: float) -> Evidence:
    """Results where each replication of a curve differs by `spread` of its value."""
    factors = pl.when(pl.col("curve") == "stock").then(stock).otherwise(pk)
    turn = (pl.col("replication") % 2 * 2 - 1) * spread
    sign = pl.when(pl.col("curve") == "stock").then(1.0).otherwise(-1.0)
    points = analysed.points.with_columns((factors * (1 + sign * turn)).alias("throughput"))
    return replace(evidence(analysed), points=points)


RATIO = {
    **{"kind": "ratio_of_points", "curve": "pk", "column": "throughput"},
    **{"cores": 48, "over_cores": 48, "over_curve": "stock"},
}


def test_a_difference_that_replications_cannot_tell_from_none_is_not_reproduced(
    analysed: Analysed,
) -> None:
    made = claim(metric=RATIO, published=1.2, tolerance=0.1, trend={"above": 1.0})
    sure = claims.evaluate(made, at_both(analysed, stock=100, pk=120, spread=0.001))
    unsure = claims.evaluate(made, at_both(analysed, stock=100, pk=120, spread=0.2))
    assert sure.verdict == claims.REPRODUCED
    assert unsure.verdict == claims.NOT_REPRODUCED
    assert "includes 1, no difference" in unsure.reason
    alike = claim(metric=RATIO, published=1.0, tolerance=0.1, alike=True)
    close = claims.evaluate(alike, at_both(analysed, stock=100, pk=105, spread=0.001))
    assert close.verdict == claims.REPRODUCED


def test_a_range_has_to_hold_at_every_core_count_that_the_sentence_covers(
    analysed: Analysed,
) -> None:
    metric = {"kind": "point", "curve": "stock", "column": "throughput_per_core", "cores": 36}
    bounds = {"above": 200}
    here = claims.evaluate(claim(metric=metric, expect=bounds), evidence(analysed))
    wide = claims.evaluate(
        claim(metric=metric, expect=bounds, also_at=[40, 44, 48]), evidence(analysed)
    )
    assert (here.verdict, wide.verdict) == (claims.REPRODUCED, claims.NOT_REPRODUCED)
    worst = claim(metric=metric | {"cores": 48}, expect=bounds).metric
    assert worst is not None and wide.value == worst.measured(evidence(analysed))
    assert wide.reason == "at 48 cores" and wide.metric.endswith("and at 40, 44, 48")


@pytest.mark.parametrize(
    ("settings", "stated", "basis", "verdict"),
    [
        ({}, False, claims.PREDICTED, claims.REPRODUCED),
        ({}, True, claims.STATEMENT, claims.HOLDS),
        ({"unpublished": "no"}, False, claims.STATEMENT, claims.HOLDS),
        ({"input": "given"}, True, claims.INPUT, claims.REPRODUCED),
        ({"identity": "sum"}, False, claims.IDENTITY, claims.REPRODUCED),
        ({"expect": {"above": 1e9}}, True, claims.STATEMENT, claims.DOES_NOT_HOLD),
        (
            {"expect": {"above": 1e9}, "trend": {"above": 0}, "unpublished": "no"},
            *(False, claims.STATEMENT, claims.DOES_NOT_HOLD),
        ),
    ],
)
def test_what_a_claim_is_and_what_is_said_of_it(
    analysed: Analysed, settings: dict[str, Any], stated: bool, basis: str, verdict: str
) -> None:
    found = claims.evaluate(
        claim(**{"expect": {"above": 0}} | settings), evidence(analysed), stated
    )
    assert (found.basis, found.verdict) == (basis, verdict)


def test_why_is_said_of_failures_alone(analysed: Analysed) -> None:
    said = {"why": "it rains", "limitation": "Weather"}
    good, bad = (
        claims.evaluate(claim(expect={"above": bound}, **said), evidence(analysed))
        for bound in (0, 1e9)
    )
    assert (good.why, good.limitation) == ("", "")
    assert (bad.why, bad.limitation) == ("it rains", "Weather")


def test_the_scoreboard_counts_predictions_first_and_statements_apart() -> None:
    found = scoreboard(
        [
            ("fitted", claims.REPRODUCED),
            ("predicted", claims.REPRODUCED),
            ("predicted", claims.TREND_ONLY),
            ("predicted", claims.NOT_REPRODUCED),
            ("statement of the model", claims.HOLDS),
            ("statement of the model", claims.DOES_NOT_HOLD),
            ("", claims.NOT_MODELLED),
        ]
    )
    assert found.headline == "1 of 3 predictions hold"
    assert found.others == (
        "Besides, 1 of 1 fitted claims, 1 of 2 statements of the model hold; 1 not modelled."
    )
    assert [(line.hold, line.trend, line.fail) for line in found.lines] == [
        *((1, 1, 1), (1, 0, 0), (1, 0, 1)),
    ]
    assert scoreboard([("fitted", claims.REPRODUCED)]).headline == "0 of 0 predictions hold"


@pytest.mark.parametrize("shared", [True, False])
def test_a_difference_has_an_interval(analysed: Analysed, shared: bool) -> None:
    above, below = [10.0, 12.0, 11.0], [1.0, 2.0, 3.0]
    seeds = range(3) if shared else range(10, 13)
    found = statistics.interval_of_difference(
        dict(enumerate(above)), dict(zip(seeds, below, strict=True))
    )
    if shared:
        mean, half = 9.0, 4.302652729911275 * 1.0 / 3**0.5
    else:
        mean, half = 9.0, 2.7764451051977987 * (2 / 3) ** 0.5
    assert found == pytest.approx((mean, mean - half, mean + half))
