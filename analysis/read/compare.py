"""Two sets of results side by side: what differs in the configuration, and what it changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from analysis.read import configuration, tidy
from analysis.read.tidy import ResultsError
from sim.statistics import interval_of_gain

SCHEMA = {
    "curve": pl.String,
    "cores": pl.Int64,
    "before": pl.Float64,
    "before_low": pl.Float64,
    "before_high": pl.Float64,
    "after": pl.Float64,
    "after_low": pl.Float64,
    "after_high": pl.Float64,
    "change_percent": pl.Float64,
    "change_low_percent": pl.Float64,
    "change_high_percent": pl.Float64,
    "beyond_noise": pl.Boolean,
}


@dataclass(frozen=True)
class Comparison:
    """Curves that two results share.

    settings : curve -> (key, before, after) of each setting that differs
    points : a row per (curve, cores) that both have; `beyond_noise` where the 95 % interval of the
        change, over the replications that share their seeds, does not hold 0
    unmatched : names of curves that only one of the two has
    """

    column: str
    settings: dict[str, list[tuple[str, str, str]]]
    points: pl.DataFrame
    unmatched: list[str]

    @property
    def common_settings(self) -> list[tuple[str, str, str, str]]:
        """Return (key, before, after, curves) with the curves that share a difference named."""
        merged: dict[tuple[str, str, str], list[str]] = {}
        for curve, changes in self.settings.items():
            for change in changes:
                merged.setdefault(change, []).append(curve)
        everyone = len(self.settings)
        return [
            (*change, "all" if len(curves) == everyone else ", ".join(curves))
            for change, curves in merged.items()
        ]


TRACES = "traces"  # folder of traces beside results


def result_files(place: Path) -> dict[str, Path]:
    """Name -> file of the results in a folder, or of one Parquet file.

    A name is the path below the folder, without its suffix: `osdi10/fig04_exim/stock`.
    """
    if place.is_file():
        return {place.stem: place}
    if not place.is_dir():
        raise ResultsError(f"{place}: no such file or folder")
    found = {
        str(path.relative_to(place).with_suffix("")): path
        for path in sorted(place.rglob("*.parquet"))
        if not path.name.endswith(".account.parquet")
        and not path.name.startswith(".")
        and path.parent.name != TRACES
    }
    if not found:
        raise ResultsError(f"{place}: no results (x.parquet) in this folder")
    return found


def compare(
    before: dict[str, Path], after: dict[str, Path], column: str = "throughput", scale: float = 1.0
) -> Comparison:
    """Compare the results that have the same names, in one column."""
    if len(before) == 1 and len(after) == 1:  # two files: their names may differ
        before = {next(iter(after)): next(iter(before.values()))}
    settings, rows, missing = {}, [], before.keys() ^ after.keys()
    shared = [name for name in before if name in after]
    for name in shared:
        settings[name] = configuration.differences(
            configuration.read(before[name]), configuration.read(after[name])
        )
        old, new = (tidy.base(tidy.read_points([files[name]])) for files in (before, after))
        rows += [(name, *row) for row in _points(old, new, column, scale)]
        missing |= _alone(old, new)
    return Comparison(
        column,
        settings,
        pl.DataFrame(rows, schema=SCHEMA, orient="row"),
        sorted(missing),
    )


def _alone(old: pl.DataFrame, new: pl.DataFrame) -> set[str]:
    """Curves of a sweep that one of two files has alone; a file of one curve may name it anew."""
    curves = [set(points["curve"]) for points in (old, new)]
    return curves[0] ^ curves[1] if max(map(len, curves)) > 1 else set()


def _points(
    old: pl.DataFrame, new: pl.DataFrame, column: str, scale: float
) -> Iterator[tuple[Any, ...]]:
    """Rows of `SCHEMA` but for the curve, at the core counts that both results have."""
    before, after = (tidy.summarise(points, column, scale) for points in (old, new))
    several = max(before["curve"].n_unique(), after["curve"].n_unique()) > 1
    same = several or before["curve"].equals(after["curve"])
    keys = ["curve", "cores"] if same else ["cores"]
    joined = after.join(before, on=keys, suffix="_before", maintain_order="left")
    for row in joined.iter_rows(named=True):
        at = {key: row[key] for key in keys}
        yield (
            *(row["cores"], row["mean_before"], row["low_before"], row["high_before"]),
            *(row["mean"], row["low"], row["high"]),
            *_change(*(tidy.by_seed(points.filter(**at), column) for points in (old, new))),
        )


def _change(
    before: dict[int, float], after: dict[int, float]
) -> tuple[float | None, float | None, float | None, bool]:
    """Change in percent with its 95 % interval, and whether that leaves 0 out; none over 0."""
    if not any(before.values()):
        return None, None, None, any(after.values())
    gain = interval_of_gain(after, before)
    return 100 * gain.value, 100 * gain.low, 100 * gain.high, not gain.holds(0.0)


def lines(comparison: Comparison, before: str, after: str) -> Sequence[str]:
    """Return the comparison as lines for a terminal."""
    from analysis.wording import number, percent

    out = [f"settings that differ ({before} -> {after})"]
    changes = comparison.common_settings
    out += [f"  {key}: {old} -> {new}  [{curves}]" for key, old, new, curves in changes]
    if not changes:
        out.append("  none")
    out += ["", f"{comparison.column}, mean over replications"]
    width = max((len(name) for name in comparison.settings), default=5)
    old, new = (max(14, len(name)) for name in (before, after))
    out.append(f"  {'curve':<{width}} {'cores':>6} {before:>{old}} {after:>{new}} change")
    for row in comparison.points.iter_rows(named=True):
        mark = "" if row["beyond_noise"] else "  (its 95 % interval holds 0)"
        out.append(
            f"  {row['curve']:<{width}} {row['cores']:>6} {number(row['before']):>{old}} "
            f"{number(row['after']):>{new}} {percent(row['change_percent']):>8}{mark}"
        )
    if comparison.unmatched:
        out += ["", f"only in one of the two: {', '.join(comparison.unmatched)}"]
    return out
