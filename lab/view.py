"""From results to what a tab shows: the curves' points, the breakdown of one, and ranked gains.

The arithmetic is that of the reports (analysis.read) and of `explain`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from analysis.read import breakdown, tidy
from lab.jobs import Change, Failure, Job, Point
from lab.plan import Plan
from lab.published import Library
from lab.runs import labels
from lab.state import SPEED_UP
from lab.store import Store
from sim.command import explain, output
from sim.experiment.columns import POINTS
from sim.experiment.variation import BASE
from sim.statistics import Interval

NAMED = 8
"""Contributions of a breakdown that have a colour; the rest is one."""
UNITS = {column.name: column.unit for column in POINTS}
TITLES = {
    "throughput_per_core": "Throughput per core",
    "throughput": "Throughput of all cores",
    SPEED_UP: "Speed-up",
    "latency_mean_cycles": "Mean latency",
    "latency_p99_cycles": "99th percentile of latency",
    "user_us": "User time",
    "system_us": "System time",
    "idle_us": "Idle time",
}


@dataclass(frozen=True)
class Drawn:
    """A point of a curve: mean and ends of its interval, and the level that it was run at."""

    cores: int
    mean: float
    low: float
    high: float
    level: str
    remark: str = ""


@dataclass(frozen=True)
class Gain:
    """What one change did to throughput: its gain, the share of its object, or why there is none.

    Attributes:
        share: of the cycles that the freed object takes; None for a switch.
        level: that the gain was found at.
    """

    change: Change
    gain: Interval | None
    share: float | None
    level: str
    reason: str = ""


def title_of(measure: str, units: Sequence[str]) -> str:
    """A measure for an axis, with its unit; what an operation is, if all curves have the same."""
    unit = UNITS.get(measure, "")
    if len(set(units)) == 1:
        one = units[0].removesuffix("s") if unit.startswith("us/") else units[0]
        unit = unit.replace("operations", units[0]).replace("operation", one)
    if measure == SPEED_UP:
        return f"{TITLES[measure]} (over the fewest cores)"
    return f"{TITLES[measure]} ({unit})"


def best(plan: Plan, store: Store, number: int) -> list[tuple[int, str, Point]]:
    """The points of a curve that are there, each at the finest level: cores, level, rows."""
    found = []
    for cores in plan.curves[number].cores:
        for level in reversed(plan.levels):
            answer = store.get(plan.point(number, level, cores).key)
            if isinstance(answer, Point):
                found.append((cores, level, answer))
                break
    return found


def tables(name: str, points: Sequence[Point]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Points of one curve as `run` writes them: a row per replication, and their account."""
    rows = [row for point in points for row in point.points]
    account = [row for point in points for row in point.account]
    return output.tables([output.Result(name, BASE, rows, account)])


def drawn(found: Sequence[tuple[int, str, Point]], measure: str) -> list[Drawn]:
    """Points of a curve in one measure, ascending in cores."""
    if not found:
        return []
    column = "throughput" if measure == SPEED_UP else measure
    points, _ = tables("curve", [point for _, _, point in found])
    summary = tidy.summarise(points, column).to_dicts()
    one = summary[0]["mean"] if measure == SPEED_UP and summary[0]["mean"] else 1.0
    levels = {cores: level for cores, level, _ in found}
    remarks = {cores: _remark(point.points) for cores, _, point in found}
    return [
        Drawn(
            cores=row["cores"],
            mean=row["mean"] / one,
            low=row["low"] / one,
            high=row["high"] / one,
            level=levels[row["cores"]],
            remark=remarks[row["cores"]],
        )
        for row in summary
    ]


def _remark(rows: Sequence[dict[str, Any]]) -> str:
    """What has to be known about a point: that it is resonant, bistable or not stationary."""
    found = []
    if rows[0]["resonant"]:
        found.append("resonant: jumps if lines cost a little more or less")
    if rows[0]["branch"]:
        found.append("bistable: replications fall into two branches, the ends of the bar")
    if not rows[0]["stationary"]:
        found.append("not stationary: the halves of its window differ")
    return "; ".join(found)


def curve_rows(plan: Plan, store: Store) -> tuple[list[dict[str, Any]], list[str]]:
    """Every point of every curve in the shown measure, and what an operation of each curve is."""
    rows, units = [], []
    names = labels(plan.curves)
    for number, name in enumerate(names):
        found = best(plan, store, number)
        units += [found[0][2].points[0]["unit"]] if found else []
        for point in drawn(found, plan.state.measure):
            rows.append({"curve": name, **point.__dict__})
    return rows, units


def published_rows(plan: Plan, library: Library) -> list[dict[str, Any]]:
    """Published points in the shown measure, each series once: with the first curve it is of."""
    rows, seen = [], set()
    for name, curve in zip(labels(plan.curves), plan.curves, strict=True):
        for series in library.of(curve.words):
            if series in seen:
                continue
            seen.add(series)
            for x, y in series.as_measure(plan.state.measure):
                rows.append({"curve": name, "series": series.name, "cores": x, "value": y})
    return rows


def breakdown_rows(plan: Plan, store: Store) -> list[dict[str, Any]]:
    """Where the selected curve's cycles go: percent at each core count, by contribution."""
    found = best(plan, store, plan.state.selected)
    if not found:
        return []
    _, account = tables("curve", [point for _, _, point in found])
    grouped = breakdown.grouped(breakdown.shares(account), NAMED)
    return grouped.select("cores", "label", "percent", "rank").to_dicts()


def gains(plan: Plan, store: Store) -> list[Gain]:
    """What would be gained by one change at a time, the surest first; those that are known."""
    changes = store.get(plan.changes().key)
    if not isinstance(changes, list):
        return []
    found = [one for change in changes if (one := _gain(plan, store, change)) is not None]
    return sorted(
        found,
        key=lambda one: (one.gain is None, -one.gain.low if one.gain else 0.0, one.change.label),
    )


def _gain(plan: Plan, store: Store, change: Change) -> Gain | None:
    """The gain of a change at the finest level at which it and the plain run are known."""
    for level in reversed(plan.levels):
        base = store.get(plan.point(plan.state.selected, level, plan.at).key)
        answer = store.get(plan.changed(change, level).key)
        if not isinstance(base, Point) or answer is None:
            continue
        plain = output.Result("", BASE, base.points, base.account)
        share = explain.shares(plain).get(change.freed, 0.0) if change.freed else None
        if isinstance(answer, Failure):
            return Gain(change, None, share, level, answer.text)
        assert isinstance(answer, Point)
        after = output.Result("", BASE, answer.points, answer.account)
        return Gain(change, explain.gain_of(after, plain), share, level)
    return None


def failures(plan: Plan, store: Store) -> Iterator[str]:
    """Why points of the curves could not be simulated, each reason once."""
    seen = set()
    for number, curve in enumerate(plan.curves):
        for level in plan.levels:
            for cores in curve.cores:
                answer = store.get(plan.point(number, level, cores).key)
                if isinstance(answer, Failure) and answer.text not in seen:
                    seen.add(answer.text)
                    yield answer.text


@dataclass(frozen=True)
class Progress:
    """How many answers of a kind are there, of how many."""

    what: str
    done: int
    all: int


def progress(plan: Plan, store: Store) -> list[Progress]:
    """How far each level is, points first, then gains: those that are known to be wanted."""
    found = []
    selected = plan.state.selected
    changes = store.get(plan.changes().key)
    for level in plan.levels:
        jobs = [
            plan.point(number, level, cores)
            for number, curve in enumerate(plan.curves)
            for cores in curve.cores
        ]
        found.append(_step(f"run={level}: points", jobs, store))
        base = store.get(plan.point(selected, level, plan.at).key)
        if isinstance(changes, list) and isinstance(base, Point):
            jobs = [plan.changed(change, level) for change in changes]
            found.append(_step(f"run={level}: gains", jobs, store))
        elif changes is None:
            found.append(_step("gains", [plan.changes()], store))
    return found


def _step(what: str, jobs: Sequence[Job], store: Store) -> Progress:
    return Progress(what, sum(job.key in store for job in jobs), len(jobs))


def unexplained(plan: Plan, store: Store) -> str:
    """Why nothing can be said about gains; empty if that is not so."""
    found = store.get(plan.changes().key)
    return found.text if isinstance(found, Failure) else ""
