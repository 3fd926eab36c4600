"""The audit of windows: a point that is measured too early moves, and a steady one stays."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from sim.__main__ import main
from sim.command.audit import COLUMNS, NO, UNSURE, YES, Moved, audited, moves, summary
from sim.command.request import read
from sim.statistics import Interval

EARLY = ["run.warmup_operations=1", "run.operations=2", "run.minimum_operations=20"]
APACHE = ["workload=apache", "kernel=linux_pk", "cores=[4,48]"]


def test_a_window_that_opens_before_the_start_is_over_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", *APACHE, *EARLY, f"out={tmp_path / 'windows.csv'}"]) == 0
    rows = pl.read_csv(tmp_path / "windows.csv", schema=COLUMNS)
    assert rows["window"].to_list() == [2, 4, 8, 2, 4, 8]
    far = rows.filter(pl.col("cores") == 48)
    assert far["moves"].to_list() == [YES, YES, YES]
    assert far["change"].min() > 0.01 and (far["low"] > 0).all()
    printed = capsys.readouterr().out
    heading, columns, first, *_ = printed.splitlines()
    assert " of 2 points move by more than 1.0%" in heading
    assert columns == "cores\tx2\tx4\tx8\tmoves\tpoint\tcurve"
    assert first.startswith("48\t+") and first.endswith("\tapache-linux_pk")


def test_a_lock_whose_waiters_take_turns_stays(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "workload=micro/lock", "cores=[4]", "run=smoke", "doublings=1"]) == 0
    assert capsys.readouterr().out == "0 of 1 points move by more than 1.0%\n"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (Interval(0.02, 0.01, 0.03), YES),
        (Interval(-0.02, -0.03, -0.01), YES),
        (Interval(0.009, 0.008, 0.0095), NO),
        (Interval(0.09, -0.2, 0.5), UNSURE),
        (Interval(0.0, 0.0, 0.0), NO),
    ],
)
def test_a_change_counts_where_it_is_large_and_sure(change: Interval, found: str) -> None:
    assert moves(change, 0.01) == found


def test_what_nobody_can_tell_is_counted_apart() -> None:
    points = [
        Moved(("", "c", "base", n), [{"moves": said}]) for n, said in enumerate((YES, UNSURE))
    ]
    assert summary(points, {0.01}) == "1 of 2 points move by more than 1.0%; 1 may"


def test_only_the_window_grows() -> None:
    (one,) = audited(read("audit", APACHE))
    plain, longer = one.config.run, one.with_window(8).run
    changed = {
        name for name in type(plain).model_fields if getattr(plain, name) != getattr(longer, name)
    }
    assert changed == {"operations", "minimum_operations", "jobs"}
    assert longer.operations == 8 * plain.operations


def test_points_of_other_axes_are_audited_and_bands_are_not() -> None:
    found = audited(read("audit", ["experiment=synthesis/growth", "curve=exim_pk"]))
    kinds = [one.variation.kind for one in found]
    assert kinds[0] == "base" and set(kinds[1:]) == {"axis"}


def test_a_file_of_another_kind_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", *APACHE, "out=windows.txt"]) == 2
    assert "allowed: NAME.parquet, NAME.csv" in capsys.readouterr().err
