"""The null model gets a fair chance, and is judged where the simulator is."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analysis.artifact.record import PUBLISHED, Artifact
from analysis.judge import errors, fit, null_model

CORES = (1, 4, 8, 16, 24, 32, 40, 48)


def series(fitted: tuple[int, ...], per_core: bool = True) -> pl.DataFrame:
    total = fit.usl(np.array(CORES, float), 100.0, 0.02, 0.0005)
    rows = [
        (
            "a",
            "A",
            float(n),
            x / n if per_core else x,
            errors.CALIBRATED if n in fitted else errors.PREDICTED,
        )
        for n, x in zip(CORES, total.tolist(), strict=True)
    ]
    return pl.DataFrame(rows, schema=PUBLISHED, orient="row")


@pytest.mark.parametrize("per_core", [True, False])
def test_the_law_is_fitted_to_the_points_of_the_calibration(per_core: bool) -> None:
    null = null_model.of_series(series((1, 8, 24, 48), per_core), per_core)
    assert null is not None
    assert (null.fit.points, null.published, null.on_calibration) == (4, 8, True)
    assert null.fit.one_core == pytest.approx(100, rel=1e-3)


@pytest.mark.parametrize("fitted", [(), (1, 24, 48), (24, 32, 40, 48)])
def test_points_that_leave_the_law_open_are_replaced_by_all(fitted: tuple[int, ...]) -> None:
    null = null_model.of_series(series(fitted), True)
    assert null is not None
    assert (null.fit.points, null.on_calibration) == (8, False)


def test_a_series_too_short_for_the_law_has_no_null_model() -> None:
    assert null_model.of_series(series(()).head(3), True) is None


def test_the_law_misses_a_collapse_that_the_simulator_shows(analysed: Artifact) -> None:
    rows = null_model.decisive(analysed.null).filter(pl.col("curve") == "stock")
    assert rows["points"].to_list() == [errors.ALL]
    law, simulator = rows["law_mean_percent"][0], rows["simulator_mean_percent"][0]
    assert law > 15
    assert null_model.as_good(law, simulator) == (law <= simulator + 0.5)


def test_only_throughput_has_a_null_model(analysed: Artifact) -> None:
    assert set(analysed.null["measure"]) == {"throughput"}
