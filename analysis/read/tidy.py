"""From one row per replication to one row per point.

A point's value is the mean over replications, with the 95 % confidence interval of Student's t.
OSDI'10 publishes the best of three runs, so the expected best of three stands beside the mean:
over all choices of three replications, the value in the one with the highest throughput.

A bistable point has no interval: where its replications fall into two branches, `low` and `high`
are the branches' means, which `fast`, `slow` and `fast_share` give with their shares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from math import comb
from pathlib import Path
from typing import Any

import polars as pl

from sim.experiment.variation import BASE, Variation
from sim.statistics import interval_of_mean

KEYS = ["curve", "variant", "cores"]
VARIATION = ["variant_kind", "variant_changes", "variant_factor"]
"""Columns that `variation_of` reads; the same in all rows of a variant."""
SUMMARY = {
    "curve": pl.String,
    "variant": pl.String,
    "cores": pl.Int64,
    "replications": pl.Int64,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "best_of_three": pl.Float64,
    "fast": pl.Float64,
    "slow": pl.Float64,
    "fast_share": pl.Float64,
    "variant_kind": pl.String,
    "variant_changes": pl.String,
    "variant_factor": pl.Float64,
}


class ResultsError(Exception):
    """Results that cannot be read or lack what an analysis needs."""


def read_parquet(path: Path) -> pl.DataFrame:
    """Read one Parquet file.

    Raises
    ------
    ResultsError : it does not exist, is damaged, or is not what was written
    """
    if not path.is_file():
        raise ResultsError(f"{path}: no such file")
    written = _digests(path).get(path.name)
    if written is not None and written != hashlib.sha256(path.read_bytes()).hexdigest():
        raise ResultsError(f"{path}: changed since it was written; delete it and run again")
    try:
        return pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = next(iter(str(error).splitlines()), "")
        raise ResultsError(f"{path}: not a Parquet file that can be read ({reason})") from None


def _digests(path: Path) -> dict[str, str]:
    """Digests of the files of one run, from the configuration beside them; none if it has none."""
    name = path.name.removesuffix(".parquet").removesuffix(".account")
    configuration = path.with_name(f"{name}.config.json")
    if not configuration.is_file():
        return {}
    found = read_json(configuration)
    digests = found.get("sha256", {}) if isinstance(found, dict) else {}
    return digests if isinstance(digests, dict) else {}


def read_json(path: Path) -> Any:
    """Read one JSON file.

    Raises
    ------
    ResultsError : it does not exist, or is damaged
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultsError(f"{path}: no such file") from None
    except ValueError as error:
        raise ResultsError(f"{path}: not valid JSON ({error})") from None


def read(paths: Sequence[Path], names: Mapping[Path, str] | None = None) -> pl.DataFrame:
    """Read Parquet files of the same kind into one table, in the order given.

    `names` gives the curves of some files another id than the one they were written under.
    """
    if not paths:
        raise ResultsError("no Parquet files given")
    tables = []
    for path in paths:
        table = _with_variations(read_parquet(path), path)
        named = names.get(path) if names else None
        tables.append(with_variants_joined(table, named))
    return pl.concat(tables, how="vertical_relaxed")


def with_variants_joined(table: pl.DataFrame, curve: str | None = None) -> pl.DataFrame:
    """Return results in which variants have their curve's name, as they are not written.

    `curve` gives all rows another id than the one that they were written under.
    """
    named = pl.col("variant_of") if curve is None else pl.lit(curve)
    return table.with_columns(named.alias("curve"))


def _with_variations(table: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Return results with the columns of their variants; plain ones of earlier versions lack them.

    Raises
    ------
    ResultsError : it is no file of results, or one whose variants only names tell apart
    """
    for column in ("curve", "variant"):
        if column not in table.columns:
            raise ResultsError(f"{path}: no column '{column}'; not written by python -m sim run")
    wanted = {"variant_of", *VARIATION}
    if wanted <= set(table.columns):
        return table
    if (table["variant"] != BASE.label).any():
        missing = ", ".join(sorted(wanted - set(table.columns)))
        raise ResultsError(f"{path}: written by an earlier version, without {missing}; run again")
    plain = [pl.lit(value).alias(name) for name, value in BASE.columns.items()]
    return table.with_columns(pl.col("curve").alias("variant_of"), *plain)


def variation_of(row: Mapping[str, Any]) -> Variation:
    """What a row's run changes of its curve.

    Raises
    ------
    ResultsError : the columns hold something else
    """
    try:
        return Variation.read(row)
    except (ValueError, TypeError) as error:
        raise ResultsError(f"variants that cannot be read ({error})") from None


def results(paths: Sequence[Path]) -> list[Path]:
    """Return the files that are not accounts beside results."""
    return [path for path in paths if not path.name.endswith(".account.parquet")]


def read_points(paths: Sequence[Path], names: Mapping[Path, str] | None = None) -> pl.DataFrame:
    """Read `x.parquet` files: a row per (curve, variant, cores, replication).

    Accounts among them are passed over, so that `*.parquet` names a folder's results.
    """
    keys = [*KEYS, "replication"]
    return _require(read(results(paths), names), keys).sort(keys, maintain_order=True)


def read_account(paths: Sequence[Path], names: Mapping[Path, str] | None = None) -> pl.DataFrame:
    """Read the accounts beside `x.parquet` files: cycles by (mode, object, cause)."""
    beside = {path: path.with_name(f"{path.stem}.account.parquet") for path in results(paths)}
    named = {beside[path]: name for path, name in (names or {}).items() if path in beside}
    keys = [*KEYS, "replication", "mode", "object", "cause"]
    return _require(read(list(beside.values()), named), keys).sort(keys, maintain_order=True)


def _require(table: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return a table, once it is known to have some columns.

    Raises
    ------
    ResultsError : it lacks one of them
    """
    missing = next((name for name in columns if name not in table.columns), None)
    if missing is not None:
        raise ResultsError(f"no column {missing!r} in the results; there is {table.columns}")
    return table


def by_seed(point: pl.DataFrame, column: str) -> dict[int, float]:
    """Value of each replication of one point by its seed, for ratios of points that share them.

    Raises
    ------
    ResultsError : there is no such column, none of seeds, or a seed stands twice
    """
    _require(point, [*KEYS, "seed", column])
    found = {seed: float(value) for seed, value in point.select("seed", column).iter_rows()}
    if len(found) < len(point):
        where = ", ".join(f"{key} {point[key][0]}" for key in KEYS)
        raise ResultsError(f"{where}: two replications have the same seed")
    return found


def best_of_three(values: Sequence[float], rank: Sequence[float]) -> float | None:
    """Expected value in the best of three replications drawn without replacement.

    `rank` (throughput) decides which one is best. None with fewer than three replications.
    """
    n = len(values)
    if n < 3:
        return None
    ordered = [value for _, value in sorted(zip(rank, values, strict=True))]
    return sum(comb(i, 2) * value for i, value in enumerate(ordered)) / comb(n, 3)


def summarise(points: pl.DataFrame, column: str, scale: float = 1.0) -> pl.DataFrame:
    """One row per (curve, variant, cores): replications, mean, low, high, best_of_three, branches.

    `fast`, `slow` and `fast_share` are null where a point has one branch.
    """
    _require(points, [column, *KEYS, *VARIATION, "throughput"])
    rows = []
    for key, group in points.group_by([*KEYS, *VARIATION], maintain_order=True):
        values = [float(value) * scale for value in group[column].to_list()]
        mean, low, high = interval_of_mean(values)
        best = best_of_three(values, group["throughput"].to_list())
        fast, slow, share = found = branches_of(group, values)
        if fast is not None and slow is not None:
            low, high = min(fast, slow), max(fast, slow)
        where, variation = key[: len(KEYS)], key[len(KEYS) :]
        rows.append((*where, len(values), mean, low, high, best, *found, *variation))
    return pl.DataFrame(rows, schema=SUMMARY, orient="row").sort(KEYS, maintain_order=True)


def branches_of(
    point: pl.DataFrame, values: Sequence[float]
) -> tuple[float, float, float] | tuple[None, None, None]:
    """Mean of some values in the faster branch and in the slower one, and the share of the faster.

    Nothing where a point has one branch, and in results of versions that do not tell.

    Parameters
    ----------
    point : rows of its replications
    values : one of each, in the same order
    """
    found = point["branch"].to_list() if "branch" in point.columns else []
    fast, slow = (
        [value for value, branch in zip(values, found, strict=True) if branch == wanted]
        if found
        else []
        for wanted in (1, 2)
    )
    if not fast or not slow:
        return None, None, None
    return sum(fast) / len(fast), sum(slow) / len(slow), len(fast) / len(values)


def base(summary: pl.DataFrame) -> pl.DataFrame:
    """The plain configuration of every curve, without its sensitivity variants."""
    return summary.filter(pl.col("variant_kind") == BASE.kind)


def sensitivity_band(summary: pl.DataFrame) -> pl.DataFrame:
    """Lowest and highest mean over the base and its scaled variants, where they are.

    Points of another axis are results of their own and no part of a band.
    """
    scaled = summary.filter(pl.col("variant_kind") == "sensitivity")
    varied = scaled.select("curve", "cores").unique()
    return (
        pl.concat([base(summary), scaled])
        .join(varied, on=["curve", "cores"], how="semi")
        .group_by("curve", "cores")
        .agg(pl.col("mean").min().alias("low"), pl.col("mean").max().alias("high"))
        .sort("curve", "cores")
    )
