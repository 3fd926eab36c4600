"""What if: gains beside shares, ranked, on results made by formula."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import synthetic

from analysis.judge.evidence import Evidence
from analysis.read import what_if
from analysis.read.results import Results
from metrics.freed import Freed
from sim.experiment.evidence import NotRunError
from sim.experiment.variation import BASE, Variation
from views import what_if as view
from views.what_if import WhatIfView

SETTINGS = WhatIfView(kind="what_if", id="what_if", title="What if", cores=48)
THROUGHPUT = {
    "base": (BASE, [100.0, 101.0, 99.0]),
    "lock": (Variation("what_if", {"free": "lock"}), [320.0, 321.0, 319.0]),
    "work": (Variation("what_if", {"free": "work"}), [100.0, 102.0, 98.0]),
    "a": (Variation("toggle", {"kernel.fix.a": True}), [150.0, 151.0, 149.0]),
}


@pytest.fixture(scope="module")
def points() -> pl.DataFrame:
    rows = [
        synthetic.columns("stock", variation)
        | {"cores": 48, "replication": n, "seed": 1000 + n, "throughput": value}
        for variation, values in THROUGHPUT.values()
        for n, value in enumerate(values)
    ]
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def results(points: pl.DataFrame) -> Results:
    found = [("work", "compute", 50.0), ("lock", "lock_wait", 30.0), ("lock", "compute", 10.0)]
    found.append(("rest", "compute", 10.0))
    common = synthetic.columns("stock") | {"cores": 48, "replication": 0, "mode": "user"}
    account = [{**common, "object": o, "cause": c, "cycles_per_operation": v} for o, c, v in found]
    return Results(points, pl.DataFrame(account))


@pytest.fixture(scope="module")
def ranked(results: Results) -> pl.DataFrame:
    return SETTINGS.table(synthetic.experiment(), results, Path())


def test_the_gain_is_over_the_plain_run_and_its_interval_holds_it(points: pl.DataFrame) -> None:
    lock, work = what_if.table(points).iter_rows(named=True)
    assert lock["object"] == "lock" and lock["gain"] == pytest.approx(2.2)
    assert lock["low"] < 2.2 < lock["high"]
    assert work["gain"] == 0 and work["low"] < 0 < work["high"]


def test_what_is_freed_where_the_plain_run_is_missing_has_no_gain(points: pl.DataFrame) -> None:
    assert what_if.table(points.filter(pl.col("variant") != "base")).is_empty()


def test_objects_and_switches_stand_in_one_ranking_with_the_shares(ranked: pl.DataFrame) -> None:
    assert ranked["what"].to_list() == ["lock", "kernel.fix.a", "work"]
    assert ranked["change"].to_list() == ["freed", "on", "freed"]
    assert ranked["rank"].to_list() == [1, 2, 3]
    assert ranked["share"].to_list() == [pytest.approx(0.4), None, 0.5]


def test_other_core_counts_are_left_out(results: Results) -> None:
    elsewhere = SETTINGS.model_copy(update={"cores": 4})
    empty = elsewhere.table(synthetic.experiment(), results, Path())
    assert empty.is_empty()
    assert elsewhere.draw(synthetic.experiment(), empty).axes
    assert "no such run" in elsewhere.finding(synthetic.experiment(), empty)


def test_the_finding_says_when_the_largest_slice_is_not_the_largest_gain(
    ranked: pl.DataFrame,
) -> None:
    said = SETTINGS.finding(synthetic.experiment(), ranked)
    assert "If the lock took no time, Stock would be 3.2 times as fast; it takes 40 % of" in said
    assert "The largest slice is another: if work took no time, Stock's throughput would" in said


def test_the_figure_shows_gains_and_writes_shares_beside_them(ranked: pl.DataFrame) -> None:
    """One encoding: a place on the axis is a multiple of the throughput and nothing else."""
    (panel,) = SETTINGS.draw(synthetic.experiment(), ranked).axes
    dots = [line for line in panel.lines if line.get_marker() == "o"]
    assert [float(dot.get_xdata()[0]) for dot in dots] == [
        pytest.approx(1 + gain) for gain in ranked["gain"]
    ]
    written = [text.get_text() for text in panel.texts]
    assert written[:6] == ["3.2 times", "40 %", effect_of(ranked, 1), "", "+0.0 %", "50 %"]
    assert {"gain", "share"} <= set(written)


def effect_of(ranked: pl.DataFrame, row: int) -> str:
    return view.effect(ranked["gain"][row])


def test_work_that_has_to_be_done_comes_last_and_is_drawn_hollow(ranked: pl.DataFrame) -> None:
    worked = ranked.with_columns(pl.when(pl.col("what") == "work").then(0.9).alias("work"))
    (panel,) = SETTINGS.draw(synthetic.experiment(), worked).axes
    faces = [line.get_markerfacecolor() for line in panel.lines if line.get_marker() == "o"]
    assert [face == "white" for face in faces] == [False, False, True]
    _, rows, _ = SETTINGS.cells(synthetic.experiment(), worked)
    assert [row[3] for row in rows][-1] == "costs nothing (work that has to be done)"
    assert "if work took" not in SETTINGS.finding(synthetic.experiment(), worked)


def test_work_is_what_the_fewest_cores_spend_as_well() -> None:
    account = pl.DataFrame(
        [
            ("stock", cores, thing, cycles)
            for cores, thing, cycles in (
                *((1, "lock", 10.0), (1, "work", 90.0)),
                *((48, "lock", 100.0), (48, "work", 100.0), (48, "line", 5.0)),
            )
        ],
        schema=["curve", "cores", "object", "cycles"],
        orient="row",
    )
    found = what_if.work(account).filter(pl.col("cores") == 48)
    assert dict(found.select("object", "work").iter_rows()) == pytest.approx(
        {"lock": 0.1, "work": 0.9, "line": 0.0}
    )


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (2.162, "3.2 times"),
        (0.246, "+25 %"),
        (0.0128, "+1.3 %"),
        (-0.7, "−70 %"),
        (11.4, "12 times"),
    ],
)
def test_a_gain_is_said_as_a_percentage_or_from_double_on_as_a_factor(
    gain: float, said: str
) -> None:
    assert view.effect(gain) == said


def test_a_claim_may_ask_for_the_gain_of_a_freed_object(points: pl.DataFrame) -> None:
    nothing = pl.DataFrame()
    evidence = Evidence(points, nothing, nothing)
    asked = Freed(kind="freed", curve="stock", object="lock", cores=48)
    assert asked.measured(evidence) == pytest.approx(2.2)
    with pytest.raises(NotRunError, match="not run at 48 cores with door freed"):
        asked.model_copy(update={"object": "door"}).measured(evidence)
