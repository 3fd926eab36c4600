"""One error over everything published that no fit has seen, beside that of three baselines.

Every published series counts once, with the mean of its absolute errors in percent: a table of two
values weighs as much as a curve of thirteen points. Nothing is left out for being hard: knees and
excluded core counts count, too. Three baselines know no mechanism:

- flat: what was published at the fewest cores holds at every count. For throughput per core that
  is perfect scaling, for a latency no contention, for the throughput of a lock one package's.
- the Universal Scalability Law, for series of throughput (null_model.py); where a calibration used
  too few points of a series, the law has seen the points that it is judged on.
- naive FIFO, for series in which all cores want one thing (naive_fifo.py): they are served in turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from analysis.judge import errors

SCHEMA = {
    "experiment": pl.String,
    "measure": pl.String,
    "curve": pl.String,
    "points": pl.Int64,
    "simulator_percent": pl.Float64,
    "simulator_beside_flat_percent": pl.Float64,
    "flat_percent": pl.Float64,
    "law_percent": pl.Float64,
    "simulator_beside_naive_percent": pl.Float64,
    "naive_percent": pl.Float64,
}


@dataclass(frozen=True)
class Weighted:
    """The errors in percent, each a mean over series.

    points, series : how many there are
    simulator : over all series
    beside_flat, flat : over the series with several core counts, without the first of each
    beside_law, law : over the series of throughput; None without any
    beside_naive, naive : over the series in which all cores want one thing, from two cores on;
        None without any
    """

    points: int
    series: int
    simulator: float
    beside_flat: float | None
    flat: float | None
    beside_law: float | None
    law: float | None
    beside_naive: float | None
    naive: float | None

    def sentences(self) -> list[str]:
        """Say the errors, the simulator's first."""
        said = [
            f"Mean error over all {self.points} published points that no parameter was fitted on: "
            f"{self.simulator:.1f} % (each of the {self.series} series counts once)."
        ]
        if self.flat is not None:
            said.append(
                f"After each series' first point: {self.beside_flat:.1f} %; a flat line through "
                f"that point has {self.flat:.1f} %."
            )
        if self.law is not None:
            said.append(
                f"On throughput: {self.beside_law:.1f} %; the Universal Scalability Law, fitted to "
                f"the same series, has {self.law:.1f} %."
            )
        if self.naive is not None:
            said.append(
                f"On contended locks, counters and lines: {self.beside_naive:.1f} %; serving the "
                f"cores in turn at the machine's latencies (naive FIFO) has {self.naive:.1f} %."
            )
        return said


def of_experiment(
    name: str, points: pl.DataFrame, null: pl.DataFrame, naive: pl.DataFrame
) -> pl.DataFrame:
    """Errors of each series of an experiment that has unfitted points.

    Parameters
    ----------
    points : `errors.compare_series` of all measures
    null : `null_model.table`
    naive : `naive_fifo.table`
    """
    rows = []
    for (measure, curve), mine in points.group_by(["measure", "curve"], maintain_order=True):
        unfitted = mine.filter(pl.col("role") == errors.PREDICTED)
        if unfitted.is_empty():
            continue
        first = mine.sort("cores").row(0, named=True)
        later = unfitted.filter(pl.col("cores") != first["cores"])
        flat = (first["published"] / later["published"] - 1).abs().mean()
        its_own = (pl.col("measure") == measure) & (pl.col("curve") == curve)
        law = null.filter(its_own & (pl.col("points") == errors.PREDICTED))
        turns = naive.filter(its_own & (pl.col("role") == errors.PREDICTED))
        rows.append(
            (
                name,
                measure,
                curve,
                len(unfitted),
                unfitted["error_percent"].abs().mean(),
                later["error_percent"].abs().mean(),
                None if flat is None else 100.0 * float(str(flat)),
                law["law_mean_percent"].mean(),
                unfitted.join(turns, on="cores", how="semi")["error_percent"].abs().mean(),
                turns["error_percent"].abs().mean(),
            )
        )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def weighted(series: Iterable[pl.DataFrame]) -> Weighted | None:
    """The errors over the series of several experiments; None without an unfitted point."""
    rows = pl.concat([pl.DataFrame(schema=SCHEMA), *series])
    if rows.is_empty():
        return None
    curves = rows.filter(pl.col("flat_percent").is_not_null())
    throughput = rows.filter(pl.col("law_percent").is_not_null())
    turns = rows.filter(pl.col("naive_percent").is_not_null())
    return Weighted(
        points=int(rows["points"].sum()),
        series=len(rows),
        simulator=_mean(rows, "simulator_percent") or 0.0,
        beside_flat=_mean(curves, "simulator_beside_flat_percent"),
        flat=_mean(curves, "flat_percent"),
        beside_law=_mean(throughput, "simulator_percent"),
        law=_mean(throughput, "law_percent"),
        beside_naive=_mean(turns, "simulator_beside_naive_percent"),
        naive=_mean(turns, "naive_percent"),
    )


def _mean(rows: pl.DataFrame, column: str) -> float | None:
    return None if rows.is_empty() else float(str(rows[column].mean()))
