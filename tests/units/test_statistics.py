"""Intervals over replications, against scipy's own distribution and properties they must have."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.statistics import (
    half_interval,
    interval_of_gain,
    interval_of_mean,
    interval_of_ratio,
    student,
)

RATES = st.floats(1.0, 1e6)
SAMPLES = st.lists(RATES, min_size=2, max_size=12)
PAIRS = st.lists(st.tuples(RATES, RATES), min_size=2, max_size=12)


def by_seed(values: list[float], first: int = 0) -> dict[int, float]:
    return dict(enumerate(values, first))


@pytest.mark.parametrize("degrees", [1, 2, 3, 9, 10, 15, 29, 99, 1000, 0.5, 1.5, 12.3])
def test_students_t_is_right_for_any_degrees_of_freedom(degrees: float) -> None:
    assert student(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_the_interval_of_a_mean_is_that_of_scipy(values: list[float]) -> None:
    found = interval_of_mean(values)
    error = stats.sem(values)
    half = stats.t.ppf(0.975, len(values) - 1) * error
    assert found.high - found.value == pytest.approx(half, rel=1e-6, abs=1e-6)
    assert found.value - found.low == pytest.approx(half, rel=1e-6, abs=1e-6)


def test_one_replication_has_no_interval() -> None:
    assert half_interval([5.0]) is None
    assert interval_of_mean([5.0]) == (5.0, 5.0, 5.0)
    assert interval_of_ratio({1: 6.0}, {1: 2.0}) == (3.0, 3.0, 3.0)
    assert interval_of_ratio({1: 6.0}, {2: 2.0}) == (3.0, 3.0, 3.0)


@given(SAMPLES, st.floats(0.01, 100))
def test_noise_that_both_have_is_none_of_a_gain(base: list[float], times: float) -> None:
    after = {seed: times * value for seed, value in by_seed(base).items()}
    gain = interval_of_gain(after, by_seed(base))
    assert gain.value == pytest.approx(times - 1, abs=1e-9 * times)
    assert gain.high - gain.low <= 1e-9 * times


@given(PAIRS)
def test_no_gain_is_below_minus_100_percent(pairs: list[tuple[float, float]]) -> None:
    after, before = (by_seed([pair[side] for pair in pairs]) for side in (0, 1))
    for other in (before, {seed + 100: value for seed, value in before.items()}):
        gain = interval_of_gain(after, other)
        assert -1 <= gain.low <= gain.value <= gain.high < math.inf


def test_a_wide_gain_stays_above_minus_100_percent() -> None:
    """A symmetric interval, 1 +- 12.7, would promise less than no throughput."""
    gain = interval_of_gain({1: 1.0, 2: 3.0}, {1: 1.0, 2: 1.0})
    half = stats.t.ppf(0.975, 1) * math.sqrt(2 / 2) / 2  # of the logarithm of the ratio 2
    assert gain.low == pytest.approx(2 * math.exp(-half) - 1)
    assert gain.high == pytest.approx(2 * math.exp(half) - 1)
    assert gain.low > -1


@given(PAIRS)
def test_a_ratio_turned_over_has_its_interval_turned_over(
    pairs: list[tuple[float, float]],
) -> None:
    one, other = (by_seed([pair[side] for pair in pairs]) for side in (0, 1))
    for second in (other, {seed + 100: value for seed, value in other.items()}):
        found, turned = interval_of_ratio(one, second), interval_of_ratio(second, one)
        assert turned.low == pytest.approx(1 / found.high, rel=1e-6)
        assert turned.high == pytest.approx(1 / found.low, rel=1e-6)


def test_only_replications_of_the_same_seed_are_pairs() -> None:
    """In whatever order they stand; what has no partner is left out."""
    before = {1: 10.0, 2: 20.0, 3: 40.0}
    assert interval_of_gain({3: 80.0, 1: 20.0}, before) == interval_of_gain(
        {1: 2.0, 3: 8.0}, {1: 1.0, 3: 4.0}
    )
    paired = interval_of_gain({1: 11.0, 2: 22.0, 3: 44.0}, before)
    alone = interval_of_gain({4: 11.0, 5: 22.0, 6: 44.0}, before)
    assert paired.value == pytest.approx(alone.value) and paired.value == pytest.approx(0.1)
    assert paired.high - paired.low < 1e-9 and not paired.holds(0.0)
    assert alone.holds(0.0)


def test_the_interval_of_independent_means_has_welchs_degrees_of_freedom() -> None:
    one, other = [10.0, 11.0, 12.0, 13.0], [20.0, 20.5, 21.0]
    parts = [(stats.sem(values) / (sum(values) / len(values))) ** 2 for values in (one, other)]
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / 3 + parts[1] ** 2 / 2)
    half = stats.t.ppf(0.975, degrees) * math.sqrt(sum(parts))
    found = interval_of_ratio(by_seed(one), by_seed(other, 10))
    assert math.log(found.high / found.value) == pytest.approx(half)
    assert math.log(found.value / found.low) == pytest.approx(half)


def test_the_standard_error_of_a_ratio_of_pairs_is_that_of_its_residuals() -> None:
    """Cochran's estimator, and half of the interval nearly as wide where the noise is small."""
    above, below = [10.0, 11.0, 12.5], [5.0, 5.6, 6.1]
    found = interval_of_ratio(by_seed(above), by_seed(below))
    ratio = sum(above) / sum(below)
    residuals = [a - ratio * b for a, b in zip(above, below, strict=True)]
    error = math.sqrt(sum(r * r for r in residuals) / 2 / 3) / (sum(below) / 3)
    half = stats.t.ppf(0.975, 2) * error
    assert found.value == pytest.approx(ratio)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=1e-2)


def test_nothing_is_a_ratio_of_0_and_no_ratio_is_over_0() -> None:
    assert interval_of_gain({1: 0.0, 2: 0.0}, {1: 3.0, 2: 4.0}) == (-1.0, -1.0, -1.0)
    with pytest.raises(ZeroDivisionError):
        interval_of_ratio({1: 1.0}, {1: 0.0})
