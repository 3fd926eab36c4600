"""`machine compare`: what was measured beside what the model says, and why they differ."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.command import measured_locks
from sim.command.measure import Target, target_of
from sim.command.table import draw
from sim.config.compose import compose
from sim.config.errors import ConfigError, message
from sim.config.run import RunConfig
from sim.drafts import check_writable, refused, write_text
from sim.machine_import.text import plain
from sim.measure import page
from sim.measure.comparison import Row, Weighted, compare, weighted, worst
from sim.measure.fit import Fit, fit
from sim.measure.model import Model
from sim.measure.plan import without_probe
from sim.measure.records import CURVES, Record, read_csv

MISSES = 5
CAUSES = 3
PROGRAMS = "scale_"
"""How series begin in which the kernel works."""
COMPARISON, PAGE = "comparison.csv", "comparison.html"


@dataclass(frozen=True)
class Options:
    """What a line asks for, as it was typed."""

    name: str
    folder: str | None
    locks: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """Everything that tables and the page show."""

    target: Target
    config: RunConfig
    records: Sequence[Record]
    fitted: Fit
    rows: Sequence[Row]
    error: Weighted
    misses: Sequence[tuple[Row, str]]
    doubts: Sequence[str]


def run(options: Options) -> None:
    """Compare a measured machine with its model; print tables, and write a page."""
    target = target_of(options.name, options.folder, plain(options.name))
    if not target.machine.is_file():
        raise ConfigError(
            message(
                plain(options.name),
                f"{target.machine} is not there",
                f"written by: corescale machine measure -o {target.name}",
            )
        )
    if options.locks is not None:
        measured_locks.run(target, options.locks, options.words)
        return
    if options.words:
        raise ConfigError(message(plain(options.words[0]), "a run is named with --locks alone"))
    outputs = [target.data / name for name in (COMPARISON, PAGE)]
    check_writable(outputs, f"machine compare {target.name}")
    found = look_at(target)
    show(found)
    with refused(f"machine compare {target.name}"):
        write_text(outputs[0], page.csv_of(found.rows))
        write_text(outputs[1], page.html(title(found), page.curves(found.rows), told(found)))
    print(f"{outputs[1]}: the curves; {outputs[0]}: the numbers")


def look_at(target: Target) -> Found:
    """Simulate what was measured, and judge it."""
    records = read_csv(target.data / CURVES)
    config = compose([f"hardware={target.name}"], [target.folder])
    model = Model(target.name, [target.folder])
    fitted = fit(model, config.hardware, records)
    rows = compare(model, fitted, records)
    misses = [(row, _explained(model, fitted, row)) for row in worst(rows, MISSES)]
    return Found(
        target, config, records, fitted, rows, weighted(rows), misses, doubts(config, records, rows)
    )


def _explained(model: Model, fitted: Fit, row: Row) -> str:
    """Where the model's cycles go at a point."""
    causes = model.causes(row.record, fitted.values)[:CAUSES]
    return ", ".join(f"{name} {cause} {share:.0%}" for name, cause, share in causes)


def doubts(config: RunConfig, records: Sequence[Record], rows: Sequence[Row]) -> list[str]:
    """Say what this measurement cannot tell."""
    found = []
    counts = {record.cores for record in records}
    if max(counts, default=1) == 1:
        found.append("One core: nothing is shared, and nothing waits.")
    elif max(counts) == 2:
        found.append(
            "Two cores: at most one waits. A queue lock and a ticket lock do the same, and how "
            "long a line stays busy is hardly seen."
        )
    noisy = sum(record.is_noisy for record in records)
    if noisy:
        found.append(
            f"Other programs ran during {noisy} of {len(records)} points, which do not count."
        )
    wide = [r for r in records if r.half_interval is None or r.half_interval > 0.1 * r.value]
    if wide:
        found.append(f"{len(wide)} of {len(records)} points are not known to 10 %.")
    without = sorted({r.series for r in records if not r.run and r.series.startswith("line_")})
    if without:
        found.append(f"The model has no answer to {', '.join(without)}.")
    measured = {record.series.removeprefix("lock_") for record in records}
    unknown = [kind for kind in without_probe() if kind not in measured]
    if unknown:
        found.append(f"No probe measures these locks of the model: {', '.join(unknown)}.")
    missing = {r.series for r in records if r.run} - {row.record.series for row in rows}
    if missing:
        found.append(f"The model refused {', '.join(sorted(missing))}.")
    if any(record.series.startswith(PROGRAMS) for record in records):
        found.append(
            f"What one system call takes on one core is that of other machines: {PROGRAMS}* have "
            "in their errors what this kernel, its mitigations and a hypervisor add."
        )
    sources = config.hardware.sources.items()
    assumed = [key for key, source in sources if source.kind == "assumed"]
    if assumed:
        found.append(f"Assumed, and not looked at here: {', '.join(assumed)}.")
    return found


def title(found: Found) -> str:
    """Name the machine and what was done."""
    machine = found.config.hardware
    return (
        f"{machine.name}: measured and simulated ({machine.cores} cores, {machine.clock_ghz:g} GHz)"
    )


def told(found: Found) -> list[tuple[str, list[str]]]:
    """Sections of text: headings, and sentences."""
    return [
        ("Error", _error(found.error) + _parts(found.rows)),
        ("Fitted", _fitted(found)),
        ("Worst misses", [f"{_point(row)}; model: {why}" for row, why in found.misses]),
        ("What this measurement cannot tell", list(found.doubts)),
    ]


def _error(error: Weighted) -> list[str]:
    if error.simulated is None:
        return ["None: other programs ran during every point that was predicted."]
    said = [
        f"Weighted error over all {error.points} points that nothing was fitted on: "
        f"{error.simulated:.1%} ({error.series} series, each counts once); as it was written, "
        f"without the fit: {error.imported or 0:.1%}."
    ]
    if error.held is not None and error.linear is not None:
        said.append(
            f"Without each series' first point: {error.beside_baselines or 0:.1%}; "
            f"{error.held:.1%} if every core went on as the first ones, {error.linear:.1%} if more "
            "cores gained nothing."
        )
    return said


def _parts(rows: Sequence[Row]) -> list[str]:
    """Errors of the machine and of the kernel apart, where both were measured."""
    of_kernel = [row for row in rows if row.record.series.startswith(PROGRAMS)]
    of_machine = [row for row in rows if row not in of_kernel]
    kernel, machine = weighted(of_kernel).simulated, weighted(of_machine).simulated
    if kernel is None or machine is None:
        return []
    lines = f"Lines, locks and counters alone: {machine:.1%}"
    return [f"{lines}; programs that call the kernel: {kernel:.1%}."]


def _fitted(found: Found) -> list[str]:
    fitted = found.fitted
    if not fitted.values:
        return ["Nothing: no undisturbed point of one line at the core counts that a fit may see."]
    counts = sorted({point.cores for point in fitted.points})
    said = [f"On one line at {', '.join(map(str, counts))} cores ({len(fitted.points)} points):"]
    said += [f"{key}={value} (was {fitted.before[key]})" for key, value in fitted.values.items()]
    return said


def _point(row: Row) -> str:
    """One point, measured and simulated."""
    record = row.record
    return (
        f"{record.series} at {record.cores}: measured {_number(record.value)} {record.unit}, "
        f"simulated {_number(row.simulated)} ({row.error(row.simulated):+.0%})"
    )


def show(found: Found) -> None:
    """Print the table of points, and what is to be said."""
    headings = ["series", "cores", "measured", "95 %", "simulated", "error", "unit", "role"]
    draw(title(found), headings, [_cells(row) for row in found.rows])
    for heading, sentences in told(found):
        print(f"{heading}:")
        for sentence in sentences:
            print(f"  {sentence}")
    if found.misses:
        words = Model(found.target.name, []).overrides(
            found.misses[0][0].record, found.fitted.values
        )
        folder = shlex.quote(str(found.target.folder))
        print(f"See: corescale explain --config-dir {folder} {shlex.join(words)}")


def _cells(row: Row) -> list[str]:
    record = row.record
    half = record.half_interval
    return [
        record.series,
        str(record.cores),
        _number(record.value),
        "" if half is None else f"±{half / record.value:.1%}",
        _number(row.simulated),
        "" if row.judged is None else f"{row.judged:+.1%}",
        record.unit,
        row.role + (", noisy" if record.is_noisy else ""),
    ]


def _number(value: Any) -> str:
    return f"{value:,.4g}" if value < 1e4 else f"{value:,.0f}"
