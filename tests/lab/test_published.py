"""Published points stand beside the curves of the runs that they measured."""

from __future__ import annotations

import pytest

from analysis.read import reference
from lab.published import Library, Series
from lab.state import SPEED_UP

SAID = ["workload=exim", "kernel=linux_pk", "hardware=opteron_8x6"]


@pytest.fixture(scope="module")
def library() -> Library:
    found = Library([])
    while found.read(SAID):
        pass
    return found


def columns(found: list[Series]) -> dict[str, Series]:
    return {series.column: series for series in found if "Figure 4" in series.name}


def test_a_papers_curve_has_its_points(library: Library) -> None:
    found = columns(library.of(["kernel=linux_stock"]))
    points = reference.series("linux_osdi10/fig04_exim.csv", "Stock")
    assert found["throughput_per_core"].points == tuple((point.x, point.y) for point in points)
    assert found["throughput_per_core"].name == "Stock, published (OSDI'10 Figure 4)"


def test_they_stay_while_fixes_and_costs_are_changed(library: Library) -> None:
    changed = ["kernel=linux_stock", "kernel.fix.dentry_lock=true", "cores=[1,2]", "run.seed=3"]
    assert library.of(changed) == library.of(["kernel=linux_stock"]) != []


def test_another_machine_kernel_or_workload_setting_has_none_of_them(library: Library) -> None:
    plain = set(library.of(["kernel=linux_stock"]))
    for other in ("hardware=amd_4x4", "kernel=linux_pk", "workload.path_lookups=2"):
        assert not plain & set(library.of(["kernel=linux_stock", other])), other


def test_the_plain_run_has_the_points_of_the_curve_that_it_is(library: Library) -> None:
    assert library.of([]) == library.of(
        ["workload=exim", "kernel=linux_pk", "hardware=opteron_8x6"]
    )
    assert {"throughput_per_core", "user_us", "system_us"} <= set(columns(library.of([])))


def test_points_are_turned_into_other_measures_where_that_can_be_said() -> None:
    per_core = Series("a", "throughput_per_core", ((1.0, 10.0), (4.0, 5.0)))
    assert per_core.as_measure("throughput") == ((1.0, 10.0), (4.0, 20.0))
    assert per_core.as_measure(SPEED_UP) == ((1.0, 1.0), (4.0, 2.0))
    assert per_core.as_measure("user_us") == ()
    total = Series("a", "throughput", ((2.0, 10.0), (4.0, 20.0)))
    assert total.as_measure("throughput_per_core") == ((2.0, 5.0), (4.0, 5.0))
    assert total.as_measure(SPEED_UP) == ()  # nothing was published at one core


def test_what_was_not_read_is_not_there_and_reading_ends() -> None:
    library = Library([])
    words = ["workload=nas/cg"]
    assert library.of(words) == []
    count = 0
    while library.read(words):
        count += 1
    assert 0 < count < 20
    assert not library.read(words)
