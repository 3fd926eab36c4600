"""What a run changes of its curve is written, typed, and read back: no name is taken apart."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml
from synthetic import columns

from analysis.judge.evidence import Evidence
from analysis.read import tidy, toggles, what_if
from metrics.point import Point
from sim.__main__ import main
from sim.command.output import tables
from sim.experiment.evidence import NotRunError
from sim.experiment.plan import plan
from sim.experiment.variation import BASE, FREE, Variation

SWITCH = "kernel.fix.dentry_lock"
ALIKE = [
    Variation("axis", {SWITCH: True}),
    Variation("toggle", {SWITCH: True}),
    Variation("what_if", {FREE: "directory"}),
    Variation("axis", {FREE: "directory"}),
    Variation("sensitivity", {"workload.user_us": 9.0}, 0.9),
]
"""Variants of which two and two have the same label."""


def points(*variations: Variation) -> pl.DataFrame:
    """The plain run and one run of each variation, at 1, 2, 3 ... operations per second."""
    rows = [
        columns("c", variation) | {"cores": 2, "replication": 0, "seed": 0, "throughput": float(n)}
        for n, variation in enumerate((BASE, *variations), 1)
    ]
    return pl.DataFrame(rows)


@pytest.mark.parametrize("variation", [BASE, *ALIKE], ids=lambda one: f"{one.kind}")
def test_a_variation_is_read_back_as_it_was_written(variation: Variation) -> None:
    again = Variation.read(variation.columns)
    assert again == variation
    assert [type(value) for value in again.changes.values()] == [
        type(value) for value in variation.changes.values()
    ]


def test_toggles_and_freed_objects_are_no_points_of_axes() -> None:
    asked = Point(kind="point", curve="c", column="throughput", cores=2, at={FREE: "directory"})
    evidence = Evidence(points(ALIKE[1], ALIKE[2]), pl.DataFrame(), pl.DataFrame())
    with pytest.raises(NotRunError, match="free=directory"):
        asked.measured(evidence)
    evidence = Evidence(points(ALIKE[2], ALIKE[3]), pl.DataFrame(), pl.DataFrame())
    assert asked.measured(evidence) == 3.0


def test_an_axis_over_a_switch_is_no_toggle() -> None:
    assert toggles.table(points(ALIKE[0])).is_empty()
    assert what_if.table(points(ALIKE[3])).is_empty()
    (row,) = toggles.table(points(ALIKE[1])).iter_rows(named=True)
    assert (row["toggle"], row["on"], row["gain"]) == (SWITCH, True, 1.0)
    (row,) = what_if.table(points(ALIKE[2])).iter_rows(named=True)
    assert (row["object"], row["gain"]) == ("directory", 1.0)


def test_a_switch_is_not_the_number_one() -> None:
    asked = Point(kind="point", curve="c", column="throughput", cores=2, at={SWITCH: 1})
    evidence = Evidence(points(ALIKE[0]), pl.DataFrame(), pl.DataFrame())
    with pytest.raises(NotRunError, match=SWITCH):
        asked.measured(evidence)
    found = asked.model_copy(update={"at": {SWITCH: True}}).measured(evidence)
    assert found == 2.0


def test_every_kind_of_variant_of_an_experiment_is_told_apart_in_its_results(
    tmp_path: Path,
) -> None:
    name = "of_a_test/kinds"
    content = {
        "name": name,
        "title": "Kinds",
        "base": ["workload=exim", "kernel=linux_stock", "run=smoke"],
        "axes": {"cores": [2], SWITCH: [True]},
        "curves": [{"id": "a", "label": "A"}],
        "toggles": [SWITCH],
        "what_if": [{"curves": ["a"], "cores": 2, "free": ["directory"]}],
        "sensitivity": {"curve": "a", "cores": [2], "scale": {"workload.user_us": [0.5]}},
    }
    file = tmp_path / f"conf/experiment/{name}.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump(content))
    (curve,) = plan(name, config_dirs=[tmp_path / "conf"]).curves
    out = tmp_path / "a.parquet"
    own = ["--config-dir", str(tmp_path / "conf")]
    assert main(["run", *own, f"experiment={name}", "curve=a", f"out={out}"]) == 0
    for table in (tidy.read_points([out]), tidy.read_account([out])):
        rows = table.unique(["variant_kind", "variant_changes"]).iter_rows(named=True)
        found = [tidy.variation_of(row) for row in rows]
        wanted = [BASE, *(variant.variation for variant in curve.variants)]
        assert len(found) == len(wanted) == 5
        assert all(variation in found for variation in wanted)
        assert set(table["curve"]) == {"a"}
        assert len(set(table["variant"])) == 4  # two labels look alike
    summary = tidy.summarise(tidy.read_points([out]), "throughput")
    assert len(summary) == 5 and len(tidy.base(summary)) == 1
    band = tidy.sensitivity_band(summary)
    scaled = summary.filter(pl.col("variant_kind") == "sensitivity")["mean"][0]
    assert band["high"][0] == max(scaled, tidy.base(summary)["mean"][0])


def test_results_of_an_earlier_version_are_read_if_only_the_plain_runs_are_in_them(
    tmp_path: Path,
) -> None:
    rows = [{"cores": 2, "replication": 0, "throughput": 1.0}]
    new, _ = tables([])
    old = pl.DataFrame([columns("c") | rows[0]]).drop("variant_of", *tidy.VARIATION)
    assert set(tidy.VARIATION) <= set(new.columns)
    old.write_parquet(tmp_path / "x.parquet")
    assert tidy.variation_of(tidy.read_points([tmp_path / "x.parquet"]).row(0, named=True)) == BASE
    old.with_columns(pl.lit("free=lock").alias("variant")).write_parquet(tmp_path / "x.parquet")
    with pytest.raises(tidy.ResultsError, match="earlier version, without variant_changes"):
        tidy.read_points([tmp_path / "x.parquet"])
