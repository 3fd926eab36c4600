"""How exactly published numbers are known is stated for every file of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.judge import accuracy
from analysis.read.reference import ROOT, ReferenceError
from sim.experiment import references
from tests.project_files import in_folder


def test_every_file_of_published_numbers_says_how_it_was_read() -> None:
    files = [path.relative_to(ROOT).as_posix() for path in in_folder("reference", ".csv")]
    files.remove(references.ACCURACY)
    assert len(files) > 20
    for file in files:
        known = accuracy.of_file(file)
        assert known is not None and known.how


def test_a_share_of_the_axis_weighs_most_on_the_smallest_value() -> None:
    known = accuracy.Accuracy("drawn", 0.08, accuracy.OF_HEIGHT)
    assert known.percent_of([100.0, 400.0]) == pytest.approx((0.08, 0.32))


def test_an_absolute_accuracy_is_taken_of_each_value() -> None:
    known = accuracy.Accuracy("drawn", 7.0, "cycles")
    assert known.percent_of([700.0, 7000.0]) == pytest.approx((0.1, 1.0))


def test_numbers_copied_as_digits_claim_no_accuracy() -> None:
    text = accuracy.sentence("multikernel_sosp09/table2_urpc.csv")
    assert text == "Published numbers: printed in the paper."


def test_of_a_users_own_file_it_is_said_that_nothing_is_known() -> None:
    assert accuracy.of_file("my/own.csv") is None
    assert accuracy.sentence("my/own.csv", [1.0, 2.0]) == (
        "Published numbers: how exactly they are known is not stated: "
        "reference/accuracy.csv does not list my/own.csv."
    )


def test_a_list_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "accuracy.csv").write_text("file,how,accuracy,unit\na.csv,by eye,some,cycles\n")
    with pytest.raises(ReferenceError, match="accuracy.csv, line 2: accuracy: 'some' is not a"):
        accuracy.of_file("a.csv", tmp_path)
