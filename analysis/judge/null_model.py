"""The null model: a scalability law that knows no mechanism, judged on the simulator's points.

The Universal Scalability Law is fitted to the published throughput of one curve, on the points
that the calibration used, and its errors are taken at the points where the simulator's are. Where
it does as well as the simulator, that curve alone proves little about the simulator.

A null model has to be at its best: where the calibration used fewer than four points of a curve, or
only points at many cores, which leave the law's level at few cores open, it gets all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from analysis.judge import errors, fit
from sim.experiment.file import Measure

THROUGHPUT = ("throughput_per_core", "throughput")
AS_GOOD_PERCENT = 0.5
FEW_CORES = 0.25
"""Share of the largest core count below which some fitted point has to lie."""
SCHEMA = {
    "measure": pl.String,
    "curve": pl.String,
    "points": pl.String,
    "n": pl.Int64,
    "simulator_mean_percent": pl.Float64,
    "law_mean_percent": pl.Float64,
    "simulator_max_percent": pl.Float64,
    "law_max_percent": pl.Float64,
    "fitted_on": pl.Int64,
    "published": pl.Int64,
    "on_calibration": pl.Boolean,
}


@dataclass(frozen=True)
class Null:
    """The law fitted to one published series.

    fit : the fitted law, in the measure's unit
    published : how many points the series has
    on_calibration : fitted on the points of the calibration alone, not on all
    """

    fit: fit.Fit
    published: int
    on_calibration: bool


def of_series(published: pl.DataFrame, per_core: bool) -> Null | None:
    """Fit the law to one series (columns cores, published, role); None with too few points."""
    used = _total(published.filter(pl.col("role") == errors.CALIBRATED), per_core)
    every = _total(published, per_core)
    enough = determines(used, every)
    found = fit.of_curve(used if enough else every, "usl")
    return None if found is None else Null(found, len(every), enough)


def determines(used: dict[int, float], every: dict[int, float]) -> bool:
    """Whether the points that a calibration used determine the law over the whole curve."""
    return len(used) >= fit.FEWEST_POINTS and min(used) <= FEW_CORES * max(every)


def _total(points: pl.DataFrame, per_core: bool) -> dict[int, float]:
    """Throughput of all cores together by core count, at whole core counts."""
    return {
        round(cores): value * cores if per_core else value
        for cores, value in points.select("cores", "published").iter_rows()
        if cores == round(cores)
    }


def table(
    measures: list[Measure], published: dict[str, pl.DataFrame], compared: pl.DataFrame
) -> pl.DataFrame:
    """Errors of simulator and law for every throughput measure with a published series.

    Parameters
    ----------
    published : measure id -> all published points
    compared : `errors.compare_series` of all measures
    """
    rows = []
    for measure in measures:
        if measure.column not in THROUGHPUT or measure.reference is None:
            continue
        per_core = measure.column == "throughput_per_core"
        for curve in measure.series:
            series = published[measure.id].filter(pl.col("curve") == curve)
            null = of_series(series, per_core)
            mine = compared.filter((pl.col("measure") == measure.id) & (pl.col("curve") == curve))
            if null is not None:
                rows += _rows(null, judged(mine, null, per_core))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def judged(compared: pl.DataFrame, null: Null, per_core: bool) -> pl.DataFrame:
    """Add the law's signed error in percent to the points of one curve."""
    cores = compared["cores"].cast(pl.Float64).to_numpy()
    law = null.fit.throughput(cores) / (cores if per_core else 1.0)
    values = [
        errors.relative_percent(float(x), y)
        for x, y in zip(law, compared["published"].to_list(), strict=True)
    ]
    return compared.with_columns(pl.Series("law_error_percent", values, pl.Float64))


def _rows(null: Null, points: pl.DataFrame) -> list[tuple[object, ...]]:
    subsets = {
        errors.PREDICTED: points.filter(pl.col("role") == errors.PREDICTED),
        errors.ALL: points,
    }
    return [
        (
            subset["measure"][0],
            subset["curve"][0],
            name,
            len(subset),
            subset["error_percent"].abs().mean(),
            subset["law_error_percent"].abs().mean(),
            subset["error_percent"].abs().max(),
            subset["law_error_percent"].abs().max(),
            null.fit.points,
            null.published,
            null.on_calibration,
        )
        for name, subset in subsets.items()
        if len(subset)
    ]


def decisive(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep one row per series: the predicted points, or all where the law was fitted to all.

    A law fitted to the calibration's points and the simulator have then seen the same.
    """
    best = pl.when("on_calibration").then(pl.lit(errors.PREDICTED)).otherwise(pl.lit(errors.ALL))
    return rows.filter(pl.col("points") == best)


def as_good(law_mean_percent: float, simulator_mean_percent: float) -> bool:
    """Whether the law's mean error is at most half a percent above the simulator's."""
    return law_mean_percent <= simulator_mean_percent + AS_GOOD_PERCENT
