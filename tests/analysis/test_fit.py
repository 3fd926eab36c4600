"""Laws fitted to throughput: they recover what made the data, and know what they cannot."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import columns

from analysis.judge import fit
from analysis.read import breakdown, toggles
from sim.experiment.variation import BASE, Variation

CORES = (1, 2, 4, 8, 16, 24, 32, 48)


def made(one_core: float, serial: float, crosstalk: float) -> dict[int, float]:
    values = fit.usl(np.array(CORES, float), one_core, serial, crosstalk)
    return dict(zip(CORES, values.tolist(), strict=True))


@given(st.floats(1, 1e6), st.floats(0.001, 0.5), st.floats(1e-5, 0.01))
def test_the_scalability_law_recovers_the_parameters_that_made_the_data(
    one_core: float, serial: float, crosstalk: float
) -> None:
    found = fit.of_curve(made(one_core, serial, crosstalk), "usl")
    assert found is not None
    assert found.one_core == pytest.approx(one_core, rel=1e-2)
    assert found.serial[0] == pytest.approx(serial, rel=0.05, abs=1e-4)
    assert found.crosstalk[0] == pytest.approx(crosstalk, rel=0.05, abs=1e-6)
    assert found.error_percent < 0.5


def test_a_quarter_serial_work_is_never_sped_up_more_than_four_times() -> None:
    found = fit.of_curve(made(3.0, 0.25, 0.0), "amdahl")
    assert found is not None
    assert found.limit == pytest.approx(4.0)
    assert found.peak_cores == np.inf


def test_amdahls_law_cannot_describe_a_collapse() -> None:
    collapse = made(1.0, 0.01, 0.005)
    amdahl, usl = fit.of_curve(collapse, "amdahl"), fit.of_curve(collapse, "usl")
    assert amdahl is not None and usl is not None
    assert usl.error_percent < 1 < amdahl.error_percent
    assert usl.peak_cores == pytest.approx(np.sqrt(0.99 / 0.005), rel=0.01)


def test_too_few_points_are_not_fitted() -> None:
    assert fit.of_curve({1: 1.0, 2: 1.9, 4: 3.6}, "usl") is None


def test_the_gain_is_relative_to_the_throughput_before() -> None:
    fix = Variation("toggle", {"kernel.fix.a": True})
    runs = [(BASE, 10.0), (BASE, 10.0), (fix, 15.0), (fix, 15.0)]
    points = pl.DataFrame(
        [
            columns("c", run) | {"cores": 48, "seed": 1 + n % 2, "throughput": value}
            for n, (run, value) in enumerate(runs)
        ]
    )
    (row,) = toggles.table(points).iter_rows(named=True)
    assert row["toggle"] == "kernel.fix.a" and row["on"] is True
    assert row["gain"] == row["low"] == row["high"] == pytest.approx(0.5)


def test_what_grows_is_named_not_what_is_large() -> None:
    def account(work: float, waiting: float) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "mode": ["user", "system"],
                "object": ["work", "lock"],
                "cause": ["compute", "lock_wait"],
                "cycles": [work, waiting],
            }
        )

    grown = breakdown.growth(account(1000.0, 1.0), account(1001.0, 90.0))
    assert grown["object"].to_list() == ["lock", "work"]
    assert grown["grown"].to_list() == [89.0, 1.0]
    assert breakdown.growth(account(1.0, 9.0), account(5.0, 90.0), "user")["object"].to_list() == [
        "work"
    ]
