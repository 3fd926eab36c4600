"""Points of a sweep with the settings that tell them apart, whatever was swept.

    x.parquet, x.config.json  -->  Point({"cores": 8, "hardware.clock_ghz": 2.4, ...}, ...)
                              -->  varying(points): the settings that differ, each once

A setting that follows from another (a kernel's numbers from the kernel, a fix's object from the
fix) is left out of what differs, so that a figure has a line for each thing that somebody changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from analysis.read import configuration, tidy
from analysis.read.tidy import ResultsError
from sim.config.errors import message, nearest, show, suggestion
from sim.experiment.columns import POINTS
from sim.statistics import interval_of_mean

FILE, CURVE, CORES = "file", "curve", "cores"
PLACES = (FILE, CURVE)
"""What tells points apart whose settings do not."""
FIXED = {column.name for column in POINTS}
NUMBERS = [column.name for column in POINTS if column.type == "number"]


@dataclass(frozen=True)
class Point:
    """One core count of one run.

    Attributes
    ----------
    settings : dotted keys and their values, those of choices by their group; file, curve and cores
    swept : keys among them that the run itself names as changed
    unit : what one operation is
    mean, low, high : of the column, with its 95 % interval
    """

    settings: Mapping[str, Any]
    swept: frozenset[str]
    unit: str
    mean: float
    low: float
    high: float


def read(paths: Sequence[Path], column: str) -> list[Point]:
    """Read a column of results, one point per curve, combination of axes, and core count.

    Flipped switches, freed objects and sensitivity bands are not points of a sweep.

    Raises
    ------
    ResultsError : a file cannot be read, or there is no such column of numbers
    """
    if column not in NUMBERS:
        what = f"no column of numbers called {show(column)}"
        raise ResultsError(message(f"--y {column}", what, suggestion(column, NUMBERS, limit=64)))
    return [point for path in tidy.results(paths) for point in _of_file(path, column)]


def _of_file(path: Path, column: str) -> list[Point]:
    return of_table(tidy.read_points([path]), column, configuration.curves(path), path.stem)


def of_table(
    table: pl.DataFrame, column: str, known: Mapping[str, Mapping[str, Any]], file: str = ""
) -> list[Point]:
    """Points of results that have been read.

    Parameters
    ----------
    known : settings of each curve; of one that it lacks, its columns tell
    file : that they come from
    """
    found = []
    keys = [*tidy.KEYS, *tidy.VARIATION]
    # where a curve has axes, each combination is a run of its own, and the plain run is one twice
    with_axes = set(table.filter(pl.col("variant_kind") == "axis")[CURVE])
    for key, group in table.group_by(keys, maintain_order=True):
        row = dict(zip(keys, key, strict=True))
        variation = tidy.variation_of(row)
        if variation.kind != ("axis" if row[CURVE] in with_axes else "base"):
            continue
        settings = dict(known.get(str(row[CURVE]), {})) or _columns(group)
        swept = [name for name in table.columns if name not in FIXED]
        values = {name: group[name][0] for name in swept} | dict(variation.changes)
        for name, value in sorted(values.items(), key=lambda item: "." in item[0]):
            below = [one for one in settings if one.startswith(f"{name}.")]
            for one in below if settings.get(name) != value else ():
                del settings[one]
            settings[name] = value
        settings |= {FILE: file, CURVE: row[CURVE], CORES: row[CORES]}
        mean, low, high = interval_of_mean([float(value) for value in group[column].to_list()])
        found.append(Point(settings, frozenset(values), str(group["unit"][0]), mean, low, high))
    return found


def _columns(group: pl.DataFrame) -> dict[str, Any]:
    """What the results alone say of a run."""
    return {name: group[name][0] for name in configuration.GROUPS if name in group.columns}


def varying(points: Sequence[Point]) -> list[str]:
    """Settings that differ between points and do not follow from one another."""
    names = list(dict.fromkeys(key for point in points for key in point.settings))
    names = [name for name in names if name not in PLACES]
    swept = {key for point in points for key in point.swept}
    groups = [name for name in names if "." not in name]
    others = sorted((name for name in names if "." in name), key=lambda name: name not in swept)
    found: list[str] = []
    seen: list[tuple[Any, ...]] = []
    for name in [*groups, *others]:
        values = tuple(_text(point.settings.get(name)) for point in points)
        parent = name.partition(".")[0]
        within = (parent,) if parent in found and name not in swept else ()
        if _follows(points, name, within) or _pattern(values) in seen:
            continue
        seen.append(_pattern(values))
        found.append(name)
    return found


def _follows(points: Sequence[Point], name: str, of: Sequence[str]) -> bool:
    """Whether a setting has one value, or one for each value of others."""
    seen: dict[tuple[str, ...], set[str]] = {}
    for point in points:
        key = tuple(_text(point.settings.get(other)) for other in of)
        seen.setdefault(key, set()).add(_text(point.settings.get(name)))
    return all(len(values) == 1 for values in seen.values())


def _pattern(values: Sequence[str]) -> tuple[int, ...]:
    """Which values are alike: two settings with one pattern say the same."""
    places: dict[str, int] = {}
    return tuple(places.setdefault(value, len(places)) for value in values)


def _text(value: Any) -> str:
    return show(value).strip("'")


def named(word: str, points: Sequence[Point], option: str) -> str:
    """Full key of a setting that is named by it, or by its end where one that varies ends so.

    Raises
    ------
    ResultsError : there is none, or several
    """
    names = dict.fromkeys(key for point in points for key in point.settings)
    if word in names:
        return word
    for known in (varying(points), list(names)):
        ends = [name for name in known if name.endswith(f".{word}")]
        if len(ends) == 1:
            return ends[0]
        if ends:
            what = f"several settings end with {show(word)}"
            raise ResultsError(message(f"{option} {word}", what, f"allowed: {', '.join(ends)}"))
    differ = ", ".join(varying(points)) or "nothing"
    what = f"no setting called {show(word)}"
    near = nearest(word, names) or nearest(word, [name.rpartition(".")[2] for name in names])
    hint = f"did you mean {near}?" if near else ""
    raise ResultsError(message(f"{option} {word}", what, hint, f"these differ: {differ}"))


def label(point: Point, keys: Sequence[str]) -> str:
    """What a point has, in the words of a legend: a choice by its name, else key and value."""
    if not keys:
        return str(point.settings[CURVE])
    ends = [key.rpartition(".")[2] for key in keys]
    words = []
    for key, end in zip(keys, ends, strict=True):
        value = _text(point.settings.get(key))
        name = key if ends.count(end) > 1 else end
        words.append(value if "." not in key and key != CORES else f"{name}={value}")
    return ", ".join(words)
