"""Intervals, errors, speed-up and breakdown, against numbers worked out by hand."""

from __future__ import annotations

import itertools
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import columns

from analysis.artifact.record import Analysed
from analysis.judge import errors
from analysis.read import breakdown, speedup, tidy
from analysis.read.reference import Published
from analysis.wording import number, percent
from sim.statistics import interval_of_mean


def points(values: dict[tuple[str, int], list[float]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                **columns(curve),
                "cores": cores,
                "replication": i,
                "seed": 1000 * cores + i,
                "throughput": value,
                "throughput_per_core": value / cores,
            }
            for (curve, cores), sample in values.items()
            for i, value in enumerate(sample)
        ]
    )


def test_the_interval_is_students_t() -> None:
    mean, low, high = interval_of_mean([1.0, 2.0, 3.0])
    assert mean == 2.0
    assert high - mean == pytest.approx(4.3026527 / 3**0.5, rel=1e-6)
    assert mean - low == pytest.approx(high - mean)


def test_one_replication_has_no_interval() -> None:
    assert interval_of_mean([5.0]) == (5.0, 5.0, 5.0)


@given(st.lists(st.floats(1, 1e6), min_size=3, max_size=7))
def test_the_expected_best_of_three_is_the_mean_over_all_choices(values: list[float]) -> None:
    triples = list(itertools.combinations(values, 3))
    expected = sum(max(triple) for triple in triples) / len(triples)
    assert tidy.best_of_three(values, values) == pytest.approx(expected)


def test_the_best_of_three_is_chosen_by_throughput() -> None:
    assert tidy.best_of_three([9.0, 1.0, 5.0], [10.0, 30.0, 20.0]) == 1.0


def test_fewer_than_three_replications_have_no_best_of_three() -> None:
    assert tidy.best_of_three([1.0, 2.0], [1.0, 2.0]) is None


def test_errors_are_relative_to_the_published_value() -> None:
    summary = tidy.summarise(
        points({("a", 1): [110.0], ("a", 2): [90.0], ("a", 4): [50.0]}), "throughput"
    )
    published = [Published(1, 100.0), Published(2, 100.0), Published(3, 7.0), Published(4, 100.0)]
    table = errors.compare_series("m", "a", "A", summary, published, fitted=[1], left_out=[4])
    assert table["error_percent"].to_list() == pytest.approx([10.0, -10.0, -50.0])
    assert table["role"].to_list() == ["calibrated", "predicted", "predicted"]
    rows = {row["points"]: row for row in errors.summarise(table).iter_rows(named=True)}
    assert rows["calibrated"]["n"] == 1
    assert rows["predicted"]["mean_absolute_percent"] == pytest.approx(30.0)
    assert rows["predicted"]["max_absolute_percent"] == pytest.approx(50.0)
    assert rows["predicted"]["worst_cores"] == 4
    assert rows["all"]["n"] == 3
    assert rows["all but 4"]["mean_absolute_percent"] == pytest.approx(10.0)


def test_points_that_were_not_simulated_have_no_error() -> None:
    summary = tidy.summarise(points({("a", 1): [1.0]}), "throughput")
    assert errors.compare_series("m", "a", "A", summary, [Published(48, 1.0)]).is_empty()


def test_speedup_is_total_throughput_over_one_core() -> None:
    table = speedup.table(
        points({("a", 1): [10.0, 10.0], ("a", 4): [30.0, 34.0]}), ["a"], {"a": {1: 5.0, 4: 15.0}}
    )
    assert table["speedup"].to_list() == pytest.approx([1.0, 3.2])
    assert table["published"].to_list() == pytest.approx([1.0, 3.0])


def test_without_one_core_there_is_no_speedup() -> None:
    assert speedup.table(points({("a", 2): [1.0]}), ["a"], {}).is_empty()


def test_shares_of_a_point_add_up_to_one(analysed: Analysed) -> None:
    sums = analysed.shares.group_by("curve", "cores").agg(pl.col("share").sum())["share"]
    assert sums.to_list() == pytest.approx([1.0] * len(sums))


def test_the_breakdown_adds_up_to_100_percent_and_names_eight(analysed: Analysed) -> None:
    table = breakdown.grouped(analysed.shares)
    sums = table.group_by("curve", "cores").agg(pl.col("percent").sum())["percent"]
    assert sums.to_list() == pytest.approx([100.0] * len(sums))
    labels = set(table["label"])
    assert len(labels - {breakdown.OTHER}) == 8
    assert breakdown.OTHER in labels


def test_the_breakdown_names_what_takes_most_of_a_curve_however_many_curves_there_are() -> None:
    """Twelve objects, one a curve: none of them may be lost in "other"."""
    rows = [
        (f"c{i}", 4, "user", thing, "compute", share * 100, share)
        for i in range(12)
        for thing, share in ((f"own_{i}", 0.9 - 0.01 * i), (f"small_{i}", 0.1 + 0.01 * i))
    ]
    columns = ["curve", "cores", "mode", "object", "cause", "cycles", "share"]
    table = breakdown.grouped(pl.DataFrame(rows, schema=columns, orient="row"))
    named = set(table["label"]) - {breakdown.OTHER}
    assert named == {f"own {i}: compute" for i in range(12)}
    grey = table.filter(pl.col("label") == breakdown.OTHER)["percent"]
    assert grey.max() == pytest.approx(21)


def test_a_contribution_absent_from_a_replication_counts_as_zero() -> None:
    names = ["replication", "mode", "object", "cause", "cycles_per_operation"]
    values = [
        (0, "user", "x", "compute", 100.0),
        (1, "user", "x", "compute", 100.0),
        (1, "system", "y", "lock_wait", 100.0),
    ]
    rows = [columns("a") | {"cores": 1} | dict(zip(names, row, strict=True)) for row in values]
    table = breakdown.shares(pl.DataFrame(rows))
    cycles = dict(table.select("object", "cycles").iter_rows())
    assert cycles == pytest.approx({"x": 100.0, "y": 50.0})


def test_the_top_cause_reads_as_a_sentence(analysed: Analysed) -> None:
    first = breakdown.top(analysed.shares, "stock", 48)[0]
    text = breakdown.sentence(first, "Stock", 48)
    assert text == "mount table: lock wait, 70 % of Stock's cycles at 48 cores"


def test_the_sensitivity_band_covers_the_variants_and_the_base(analysed: Analysed) -> None:
    band = tidy.sensitivity_band(analysed.summaries["throughput"])
    assert band["cores"].to_list() == [32, 36, 40, 44, 48]
    assert set(band["curve"]) == {"stock"}
    base = tidy.base(analysed.summaries["throughput"])
    joined = band.join(base.select("curve", "cores", "mean"), on=["curve", "cores"])
    assert (joined["low"] <= joined["mean"]).all()
    assert (joined["mean"] <= joined["high"]).all()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (641.667, "641.7"),
        (24200.4, "24,200"),
        (0.3035, "0.3035"),
        (-2.5, "−2.5"),
        (None, "–"),
    ],
)
def test_numbers_have_four_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_percentages_have_a_real_minus() -> None:
    assert percent(-7.84) == "−7.8 %"


def test_a_speed_up_is_as_unsure_as_both_of_its_means() -> None:
    """One core's replications differ, too, and share no seed with those of other core counts."""
    found = points({("a", 1): [9.0, 10.0, 11.0], ("a", 4): [40.0, 40.0, 40.0]})
    table = {row["cores"]: row for row in speedup.table(found, ["a"], {}).iter_rows(named=True)}
    assert (table[1]["speedup"], table[1]["low"], table[1]["high"]) == (1, 1, 1)
    assert table[4]["low"] < table[4]["speedup"] == 4 < table[4]["high"]


def test_two_replications_of_one_seed_are_an_error() -> None:
    twice = points({("a", 1): [9.0, 10.0]}).with_columns(seed=pl.lit(7))
    with pytest.raises(tidy.ResultsError, match="curve a, variant base, cores 1: two replic"):
        speedup.table(twice, ["a"], {})


@pytest.mark.parametrize("missing", ["seed", "throughput", "variant"])
def test_results_that_lack_a_column_say_which(missing: str) -> None:
    point = points({("a", 1): [1.0, 2.0]}).drop(missing)
    with pytest.raises(tidy.ResultsError, match=f"no column '{missing}' in the results"):
        tidy.by_seed(point, "throughput")
    if missing != "seed":
        with pytest.raises(tidy.ResultsError, match=f"no column '{missing}' in the results"):
            tidy.summarise(point, "throughput")


def test_a_file_of_results_that_lacks_a_column_says_which(tmp_path: Path) -> None:
    points({("a", 1): [1.0]}).drop("cores").write_parquet(tmp_path / "x.parquet")
    with pytest.raises(tidy.ResultsError, match="no column 'cores' in the results"):
        tidy.read_points([tmp_path / "x.parquet"])
