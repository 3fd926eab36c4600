"""Error of a simulated series against the published one, point by point and in summary.

Published points that a calibration used are kept apart from those that the model predicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from analysis.read import tidy
from analysis.read.reference import Published

CALIBRATED, PREDICTED, ALL = "calibrated", "predicted", "all"
POINTS = {
    "measure": pl.String,
    "curve": pl.String,
    "series": pl.String,
    "cores": pl.Int64,
    "published": pl.Float64,
    "simulated": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "best_of_three": pl.Float64,
    "error_percent": pl.Float64,
    "best_of_three_error_percent": pl.Float64,
    "role": pl.String,
    "left_out": pl.Boolean,
}
SUMMARY = {
    "measure": pl.String,
    "curve": pl.String,
    "points": pl.String,
    "n": pl.Int64,
    "mean_absolute_percent": pl.Float64,
    "max_absolute_percent": pl.Float64,
    "worst_cores": pl.Int64,
    "best_of_three_mean_absolute_percent": pl.Float64,
}


def relative_percent(simulated: float, published: float) -> float:
    """Signed error in percent of the published value."""
    if published == 0:
        return 0.0 if simulated == 0 else float("inf") if simulated > 0 else float("-inf")
    return 100.0 * (simulated - published) / published


def compare_series(
    measure: str,
    curve: str,
    series: str,
    summary: pl.DataFrame,
    published: Sequence[Published],
    fitted: Sequence[int] = (),
    left_out: Sequence[int] = (),
) -> pl.DataFrame:
    """Compare one curve with its published series, at the core counts that both have.

    Parameters
    ----------
    summary : `tidy.summarise` of the measure's column
    fitted : published points that a calibration used
    left_out : points that error claims leave out; they stay in the table
    """
    mine = tidy.base(summary).filter(pl.col("curve") == curve)
    found = {row["cores"]: row for row in mine.iter_rows(named=True)}
    rows = []
    for point in published:
        row = found.get(round(point.x)) if point.x == round(point.x) else None
        if row is None:
            continue
        cores, best = row["cores"], row["best_of_three"]
        rows.append(
            (
                measure,
                curve,
                series,
                cores,
                point.y,
                row["mean"],
                row["low"],
                row["high"],
                best,
                relative_percent(row["mean"], point.y),
                None if best is None else relative_percent(best, point.y),
                CALIBRATED if cores in fitted else PREDICTED,
                cores in left_out,
            )
        )
    return pl.DataFrame(rows, schema=POINTS, orient="row")


def statistics(points: pl.DataFrame) -> Mapping[str, float | int | None]:
    """N, mean and largest absolute error (percent) and where the largest is, of some points."""
    errors = points["error_percent"].abs()
    worst = errors.arg_max()
    best = points["best_of_three_error_percent"]
    return {
        "n": len(points),
        "mean_absolute_percent": _float(errors.mean()),
        "max_absolute_percent": _float(errors.max()),
        "worst_cores": None if worst is None else int(points["cores"][worst]),
        "best_of_three_mean_absolute_percent": None
        if best.null_count()
        else _float(best.abs().mean()),
    }


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def summarise(points: pl.DataFrame) -> pl.DataFrame:
    """Error table: per (measure, curve) the calibrated points, the predicted ones, and all.

    Where an experiment leaves points out of its error claims, one more row gives the error
    without them and names them.
    """
    rows = []
    for (measure, curve), group in points.group_by(["measure", "curve"], maintain_order=True):
        subsets = {
            CALIBRATED: group.filter(pl.col("role") == CALIBRATED),
            PREDICTED: group.filter(pl.col("role") == PREDICTED),
            ALL: group,
        }
        out = group.filter("left_out")["cores"].to_list()
        if out:
            subsets[f"all but {', '.join(map(str, out))}"] = group.filter(~pl.col("left_out"))
        for name, subset in subsets.items():
            rows.append({"measure": measure, "curve": curve, "points": name, **statistics(subset)})
    return pl.DataFrame(rows, schema=SUMMARY, orient="row")
