"""Two results side by side: what a change is worth, on results made by formula."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import synthetic

from analysis.read import compare
from analysis.report.pages import comparison_caption, comparison_table


def written(folder: Path, factor: float = 1.0, seed: int = 0) -> Path:
    """Results of one curve, all of whose rates are multiplied, and whose seeds are moved."""
    path = synthetic.write(folder, "pk", cores=[4, 48], variants=False)
    points = pl.read_parquet(path).with_columns(
        pl.col("throughput") * factor, pl.col("seed") + seed
    )
    points.write_parquet(path)
    return path


def test_a_small_change_of_the_same_draws_is_beyond_their_noise(tmp_path: Path) -> None:
    """The replications differ by about a percent; each pair by a tenth of one."""
    before, after = written(tmp_path / "a"), written(tmp_path / "b", 1.001)
    found = compare.compare({"pk": before}, {"pk": after})
    assert found.points["change_percent"].to_list() == pytest.approx([0.1, 0.1])
    assert found.points["beyond_noise"].to_list() == [True, True]
    assert found.points["change_low_percent"].to_list() == pytest.approx([0.1, 0.1])


def test_the_same_change_of_other_draws_is_not(tmp_path: Path) -> None:
    before, after = written(tmp_path / "a"), written(tmp_path / "b", 1.001, seed=10**6)
    found = compare.compare({"pk": before}, {"pk": after})
    assert found.points["beyond_noise"].to_list() == [False, False]
    assert (found.points["change_low_percent"] < 0).all()
    assert "its 95 % interval holds 0" in "\n".join(compare.lines(found, "a", "b"))


def test_nothing_is_a_percentage_of_0(tmp_path: Path) -> None:
    before, after = written(tmp_path / "a", 0.0), written(tmp_path / "b")
    found = compare.compare({"pk": before}, {"pk": after})
    assert found.points["change_percent"].to_list() == [None, None]
    assert found.points["beyond_noise"].to_list() == [True, True]
    assert "no longer 0 as in a" in comparison_caption(found, {"pk": "PK"}, "a", "b")
    assert [row[-2:] for row in comparison_table(found, {"pk": "PK"}).rows] == [["", ""]] * 2
    assert len(compare.lines(found, "a", "b")) > 3


def test_folders_keep_their_names_and_curves_of_one_sweep_alone_are_mentioned(
    tmp_path: Path,
) -> None:
    before, after = written(tmp_path / "a"), written(tmp_path / "b", 1.1)
    both = pl.read_parquet(after)
    other = both.with_columns(pl.lit("other").alias("curve"), pl.lit("other").alias("variant_of"))
    pl.concat([both, other]).write_parquet(after)
    found = compare.compare({"pk": before}, {"pk": after})
    assert len(found.points) == 2 and found.unmatched == ["other"]
    names = "results/a_long_name_of_a_folder", "results/another_long_name_of_one"
    text = "\n".join(compare.lines(found, *names))
    assert all(text.count(name) == 2 for name in names)
    assert text.endswith("only in one of the two: other")
