"""will-it-scale: one program's operations per second, by the number of tasks.

Its `runtest.py` writes `tasks,processes,processes_idle,threads,threads_idle,linear`: operations
per second of all processes together, idle time of the machine in percent, the same for threads,
and what the better of the two at one task would give if it scaled. The last is no measurement.
"""

from __future__ import annotations

import csv
import math

from sim.config.errors import ConfigError, message, show
from sim.measure.rows import Rows, number

HEADER = ("tasks", "processes", "processes_idle", "threads", "threads_idle", "linear")
COLUMNS = ("series", "x", "x_unit", "y", "y_unit", "source")
MEASURED = ("processes", "processes_idle", "threads", "threads_idle")


def looks(text: str) -> bool:
    """Whether the first line is will-it-scale's."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return [cell.strip() for cell in first.split(",")][:3] == list(HEADER[:3])


def read(text: str, origin: str) -> Rows:
    """Read a curve: a row for each series and number of tasks.

    The row of no tasks, which says that the machine was idle before, is left out; so are series
    without any operation (a program that has no threaded variant).

    Raises:
        ConfigError: if a row has a cell that is no number.
    """
    lines = list(csv.reader(line for line in text.splitlines() if line.strip()))
    header = [cell.strip() for cell in lines[0]]
    found: dict[str, list[tuple[int, float]]] = {name: [] for name in MEASURED if name in header}
    for row, cells in enumerate(lines[1:], start=2):
        if len(cells) != len(header):
            raise ConfigError(
                message(f"{origin}: row {row}", f"{len(cells)} values, expected {len(header)}")
            )
        values = dict(zip(header, cells, strict=True))
        tasks = _number(values["tasks"], f"{origin}: row {row}, tasks")
        if tasks != int(tasks) or tasks < 0:
            raise ConfigError(message(f"{origin}: row {row}", f"{tasks:g} is no number of tasks"))
        if tasks > 0:
            for name, points in found.items():
                value = _number(values[name], f"{origin}: row {row}, {name}")
                points.append((int(tasks), value))
    remarks = []
    rows: list[tuple[str, ...]] = []
    for name, points in found.items():
        operations = found.get(name.removesuffix("_idle"), [])
        if not any(value for _, value in operations):
            remarks.append(f"{name}: nothing was measured.")
            continue
        unit = "percent" if name.endswith("_idle") else "operations/sec"
        rows += [(name, str(x), "tasks", number(y), unit, origin) for x, y in points]
    if not rows:
        raise ConfigError(message(origin, "no row with tasks has operations"))
    return Rows(COLUMNS, rows, tuple(remarks))


def _number(cell: str, origin: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ConfigError(message(origin, f"{show(cell.strip()[:40])} is not a number from 0 on"))
    return value
