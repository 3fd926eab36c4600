"""The null model's errors beside the simulator's, as tables and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from analysis.judge import null_model
from analysis.report.layout import Table, fixed

ERRORS = [
    "points",
    "n",
    "simulator: mean |error| %",
    "law: mean |error| %",
    "simulator: max |error| %",
    "law: max |error| %",
    "law fitted on",
]
NUMERIC = [False, True, True, True, True, True, False]


def of_measure(null: pl.DataFrame, labels: Mapping[str, str]) -> Table:
    """Lay out the rows of one measure."""
    rows = [[labels[row["curve"]], *_cells(row)] for row in null.iter_rows(named=True)]
    return Table(["curve", *ERRORS], rows, [False, *NUMERIC])


def of_all(series: Sequence[tuple[str, Mapping[str, str], pl.DataFrame]]) -> Table:
    """One row for every series of several experiments, given as (name, labels, rows)."""
    rows = [
        [name, labels[row["curve"]], *_cells(row)]
        for name, labels, null in series
        for row in null_model.decisive(null).iter_rows(named=True)
    ]
    return Table(["experiment", "curve", *ERRORS], rows, [False, False, *NUMERIC])


def _cells(row: Mapping[str, object]) -> list[str]:
    numbers = [
        fixed(float(str(row[f"{who}_{which}_percent"])))
        for which in ("mean", "max")
        for who in ("simulator", "law")
    ]
    fitted = f"{row['fitted_on']} calibrated" if row["on_calibration"] else "all published"
    return [str(row["points"]), str(row["n"]), *numbers, fitted]


def verdict(null: pl.DataFrame, labels: Mapping[str, str]) -> str:
    """Say for which curves of one measure the law does as well as the simulator."""
    good, poor = split(null)
    parts = []
    if good:
        parts.append(f"It does as well as the simulator for {_listed(good, labels)}.")
    if poor:
        parts.append(f"The simulator is closer for {_listed(poor, labels)}.")
    return " ".join(parts)


def split(null: pl.DataFrame) -> tuple[list[str], list[str]]:
    """Curves where the law does as well as the simulator, and the others."""
    good: list[str] = []
    poor: list[str] = []
    for row in null_model.decisive(null).iter_rows(named=True):
        as_good = null_model.as_good(row["law_mean_percent"], row["simulator_mean_percent"])
        (good if as_good else poor).append(row["curve"])
    return good, poor


def _listed(curves: Sequence[str], labels: Mapping[str, str]) -> str:
    names = [labels[curve] for curve in curves]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
