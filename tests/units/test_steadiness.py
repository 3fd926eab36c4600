"""How many replications are enough, what drifts, and what has two branches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.statistics import half_interval
from sim.steadiness import APART, BRANCHED, branches, drifts, is_enough, slowing

TIMES = st.lists(st.floats(1.0, 1e6), min_size=1, max_size=12)


@given(TIMES, st.floats(0.001, 0.2), st.integers(2, 5))
def test_replications_are_enough_when_their_interval_is_as_narrow_as_asked_for(
    times: list[float], precision: float, least: int
) -> None:
    mean = sum(times) / len(times)
    narrow = (half_interval(times) or 0.0) / mean <= precision
    assert is_enough(times, precision, least) == (narrow and len(times) >= least)
    assert not is_enough(times, 0, least)


def test_a_window_whose_second_half_takes_twice_as_long_slows_by_a_factor_of_two() -> None:
    times = np.repeat([100, 200], 5000)
    assert slowing(np.cumsum(times)) == pytest.approx(np.log(2), rel=0.001)
    assert slowing(np.cumsum(times[::-1])) == pytest.approx(-np.log(2), rel=0.001)
    assert slowing(np.cumsum(times[:5000])) == 0.0
    assert slowing(np.array([100])) == 0.0


@pytest.mark.parametrize("together", range(1, 20))
def test_operations_that_are_completed_together_are_no_drift(together: int) -> None:
    assert slowing(1000 * (1 + np.arange(200) // together)) == pytest.approx(0.0, abs=1e-9)


def test_only_what_the_replications_agree_on_is_drift() -> None:
    assert drifts([0.10, 0.11, 0.12])
    assert drifts([-0.10, -0.11, -0.12])
    assert not drifts([0.3, -0.1, 0.1])  # they differ
    assert not drifts([0.01, 0.011, 0.012])  # too little
    assert not drifts([0.5])


def test_two_groups_far_apart_are_branches_the_faster_one_first() -> None:
    times = [100.0, 151.0, 99.0, 101.0, 149.0, 150.0, 100.5]
    assert branches(times) == [1, 2, 1, 1, 2, 2, 1]
    assert branches([100.0] * (BRANCHED - 1) + [150.0]) == [1] * (BRANCHED - 1) + [2]


@pytest.mark.parametrize(
    "times",
    [
        [100.0, 150.0] * 2,  # too few
        [100.0, 101.0, 99.0, 100.0 * (1 + APART / 2), 105.5, 105.4],  # too near
        [100.0, 110.0, 120.0, 131.0, 142.0, 155.0, 170.0],  # wide, and no gap
        [0.0] * 8,
    ],
)
def test_what_is_near_even_or_rare_is_one_branch(times: list[float]) -> None:
    assert set(branches(times)) == {0}


@given(st.lists(st.floats(90.0, 100.0), min_size=3, max_size=6), st.randoms())
def test_the_order_of_replications_does_not_matter(times: list[float], random) -> None:
    mixed = times + [2 * time for time in times]
    random.shuffle(mixed)
    expected = [1 if time <= 100 else 2 for time in mixed]
    found = branches(mixed)
    assert found in ([0] * len(mixed), expected)
    if len(mixed) >= BRANCHED:
        assert found == expected
