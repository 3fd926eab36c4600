"""`audit`: whether points stay where they are when their measured window is longer.

Every point of every curve, those of other axes included, is simulated again with a window that is
doubled, three times unless told otherwise: `run.operations` and `run.minimum_operations`, or
`run.jobs` of a batch. The warm-up stays as it is. A longer window begins as the shorter one with
the same seed does, so changes are compared in pairs.

    change = time of an operation in the longer window / in the plain one - 1

A point *moves* if some longer window changes it by more than `run.precision`, and the 95 % interval
of that change leaves out no change. Where the interval does not, it is *unsure*: replications of
the longer window differ too much to tell (some may have fallen into another branch). Of 100 points
that stay, the intervals of up to five leave out no change; few of these changes are more than the
precision.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from sim.command import limits, output, table
from sim.command.progress import progress
from sim.command.request import Request, whole_number
from sim.command.run import check_named, one_curve, say_unused, simulated
from sim.config.run import RunConfig
from sim.experiment.plan import PlannedCurve, experiments, load_experiment, plan
from sim.experiment.variation import BASE, Variation
from sim.statistics import Interval, interval_of_gain

ALL = "all"
DOUBLINGS = 3
MOST_DOUBLINGS = 10
SUFFIXES = (".parquet", ".csv")
COLUMNS = {
    "experiment": pl.String,
    "curve": pl.String,
    "variant": pl.String,
    "cores": pl.Int64,
    "window": pl.Int64,
    "change": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "precision": pl.Float64,
    "moves": pl.String,
    "kind": pl.String,
}
"""Columns of the results: a row for each point and longer window. `window` is over the plain one,
`change` of an operation's time has a 95 % interval; `moves` is yes, no or unsure; `kind` is of the
plain point: steady, drifting, bistable or resonant."""
YES, NO, UNSURE = "yes", "no", "unsure"


@dataclass(frozen=True)
class Audited:
    """One run whose windows are doubled: a curve, or one at other values of its axes."""

    experiment: str
    curve: str
    variation: Variation
    config: RunConfig

    def with_window(self, factor: int) -> RunConfig:
        """What runs with a window that is so many times as long."""
        run = self.config.run
        longer = {
            name: getattr(run, name) * factor
            for name in ("operations", "minimum_operations", "jobs")
        }
        return self.config.model_copy(update={"run": run.model_copy(update=longer)})


Row = dict[str, Any]
Rows = Mapping[int, Sequence[Row]]
"""Rows of replications, by cores."""


def run(request: Request) -> None:
    """Double the windows of what is asked for; write the changes to `out=`, or print what moves."""
    out = request.selected.get("out")
    path = None if out is None else output.check_kind("out=", out, "a table", SUFFIXES)
    given = whole_number(request.selected, "doublings", MOST_DOUBLINGS)
    factors = [2**n for n in range((given or DOUBLINGS) + 1)]
    runs = audited(request)
    configs = [[one.with_window(factor) for factor in factors] for one in runs]
    limits.check("audit", configs, together=False)
    total = sum(len(c.core_counts) * c.run.replications for each in configs for c in each)
    rows: list[Row] = []
    with progress(total) as advance:
        for one in runs:
            check_named(one.config)
            rows += changes(one, factors, advance)
    if path is not None:
        write(path, rows)
    show(rows)
    if request.selected.get("experiment") is None:
        say_unused([runs[0].config], request)


def audited(request: Request) -> list[Audited]:
    """List the runs that a request is about: one, those of an experiment, or of all experiments."""
    experiment = request.selected.get("experiment")
    if experiment is None or "curve" in request.selected:
        return list(_of_curve(experiment or "", one_curve(request, "audit")))
    names = [experiment]
    if experiment == ALL:
        known = [load_experiment(name, request.config_dirs) for name in experiments()]
        names = [one.name for one in known if not one.on_request]
    return [
        one
        for name in names
        for curve in plan(name, request.overrides, request.config_dirs).curves
        if not curve.of[0] or experiment != ALL
        for one in _of_curve(name, curve)
    ]


def _of_curve(experiment: str, curve: PlannedCurve) -> Iterator[Audited]:
    yield Audited(experiment, curve.id, BASE, curve.config)
    for variant in curve.variants:
        if variant.kind == "axis":
            yield Audited(experiment, curve.id, variant.variation, variant.config)


def changes(one: Audited, factors: Sequence[int], advance: Callable[[int], None]) -> Iterator[Row]:
    """Yield what longer windows change of each core count of a run."""
    found = [_by_cores(one, factor, advance) for factor in factors]
    for cores in one.config.core_counts:
        plain = found[0][cores]
        for factor, longer in zip(factors[1:], found[1:], strict=True):
            change = interval_of_gain(_times(one, longer[cores]), _times(one, plain))
            yield {
                "experiment": one.experiment,
                "curve": one.curve,
                "variant": one.variation.label,
                "cores": cores,
                "window": factor,
                "change": change.value,
                "low": change.low,
                "high": change.high,
                "precision": one.config.run.precision,
                "moves": moves(change, one.config.run.precision),
                "kind": kind(plain),
            }


def _by_cores(one: Audited, factor: int, advance: Callable[[int], None]) -> Rows:
    points = simulated(one.curve, one.variation, one.with_window(factor), advance).points
    return {
        cores: [row for row in points if row["cores"] == cores] for cores in one.config.core_counts
    }


def _times(one: Audited, rows: Sequence[Row]) -> dict[int, float]:
    """Time of an operation in each replication, by its seed."""
    from sim.simulate import operation_time

    return {row["seed"]: operation_time(one.config, row) for row in rows}


def moves(change: Interval, precision: float) -> str:
    """Whether a change is more than the precision, and surely one."""
    if abs(change.value) <= precision:
        return NO
    return UNSURE if change.holds(0.0) else YES


def kind(rows: Sequence[Row]) -> str:
    """Tell what kind of point it is, from its replications in the plain window."""
    if rows[0]["resonant"]:
        return "resonant"
    if rows[0]["branch"]:
        return "bistable"
    return "steady" if rows[0]["stationary"] else "drifting"


# --- what is said and written --------------------------------------------------------------


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write all changes."""
    frame = pl.DataFrame(rows, schema=COLUMNS)
    content = io.BytesIO()
    if path.suffix == ".csv":
        frame.write_csv(content)
    else:
        frame.write_parquet(content)
    output.write_parts(path, [content.getvalue()])


def show(rows: Sequence[Row]) -> None:
    """Print the points that move, or may, the farthest first, and how many there are."""
    points: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        key = tuple(row[name] for name in ("experiment", "curve", "variant", "cores"))
        points.setdefault(key, []).append(row)
    found = [Moved(key, windows) for key, windows in points.items()]
    said = summary(found, {row["precision"] for row in rows})
    listed = sorted(
        (one for one in found if one.moves != NO),
        key=lambda one: (one.moves == UNSURE, -one.farthest),
    )
    if not listed:
        print(said)
        return
    windows = [f"x{row['window']}" for row in listed[0].windows]
    table.draw(said, ["cores", *windows, "moves", "point", "curve"], [one.cells for one in listed])


@dataclass(frozen=True)
class Moved:
    """A point, by experiment, curve, variant and cores, and what each longer window changes."""

    key: tuple[Any, ...]
    windows: Sequence[Row]

    @property
    def moves(self) -> str:
        """Whether some window moves it."""
        found = {row["moves"] for row in self.windows}
        return next((word for word in (YES, UNSURE) if word in found), NO)

    @property
    def farthest(self) -> float:
        """The largest change, whatever its direction."""
        return max(abs(float(row["change"])) for row in self.windows)

    @property
    def cells(self) -> list[str]:
        """The point as a line of a table."""
        experiment, curve, variant, cores = self.key
        name = "/".join(part for part in (experiment, curve) if part)
        return [
            str(cores),
            *(f"{row['change']:+.1%}" for row in self.windows),
            self.moves,
            self.windows[0]["kind"],
            name if variant == BASE.label else f"{name} ({variant})",
        ]


def summary(points: Sequence[Moved], precisions: set[float]) -> str:
    """Say how many points move, by how much at least, and of how many nobody can tell."""
    least, most = min(precisions), max(precisions)
    by = f"{most:.1%}" if least == most else f"{least:.1%} to {most:.1%}"
    found = [one.moves for one in points]
    unsure = f"; {found.count(UNSURE)} may" if UNSURE in found else ""
    return f"{found.count(YES)} of {len(points)} points move by more than {by}{unsure}"
