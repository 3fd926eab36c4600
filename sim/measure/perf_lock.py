"""`perf lock contention -x SEP`: how often and how long each lock was waited for.

The first comment names the columns (`# output: contended, total wait, max wait, avg wait, type,
caller`); times are in ns. By task it has `pid, comm`, with `-l` `address, symbol, type`. perf puts
no separator into a name that has one, so the last column takes what is left.
"""

from __future__ import annotations

import re

from sim.config.errors import ConfigError, message, show
from sim.measure.rows import Rows, number

HEADER = re.compile(r"^# output:\s*(.+?)\s*$", re.MULTILINE)
TABLE = re.compile(r"^\s*contended\s+total wait", re.MULTILINE)
QUANTITIES = {
    "contended": ("contended", "waits"),
    "total wait": ("total_wait", "ns"),
    "max wait": ("max_wait", "ns"),
    "min wait": ("min_wait", "ns"),
    "avg wait": ("avg_wait", "ns"),
}
NAMES = ("type", "caller", "stacktrace", "address", "symbol", "pid", "comm", "cgroup")
COLUMNS = ("lock", "type", "quantity", "value", "unit", "source")


def looks(text: str) -> bool:
    """Whether a text is perf's, with -x or as the table for readers."""
    header = HEADER.search(text)
    return (header is not None and "wait" in header[1]) or TABLE.search(text[:4096]) is not None


def read(text: str, origin: str) -> Rows:
    """Read the locks: a row for each lock and quantity.

    Raises:
        ConfigError: for the table for readers, whose times are rounded; for cells that are none.
    """
    header = HEADER.search(text)
    if header is None:
        raise ConfigError(
            message(
                origin,
                "perf lock contention's table for readers, with rounded times",
                "perf lock contention -x , writes all of them",
            )
        )
    separator, columns = _columns(header[1], origin)
    rows: list[tuple[str, ...]] = []
    for line, content in enumerate(text.splitlines(), start=1):
        if not content.strip() or content.startswith("#"):
            continue
        cells = [cell.strip() for cell in content.split(separator, len(columns) - 1)]
        if len(cells) != len(columns):
            raise ConfigError(
                message(f"{origin}: line {line}", f"{len(cells)} values, expected {len(columns)}")
            )
        rows += _rows(dict(zip(columns, cells, strict=True)), f"{origin}: line {line}", origin)
    if not rows:
        raise ConfigError(message(origin, "no lock was contended"))
    return Rows(COLUMNS, rows)


def _columns(header: str, origin: str) -> tuple[str, list[str]]:
    """Find the separator, which the user chose, and the columns."""
    known = "|".join(sorted((*QUANTITIES, *NAMES), key=len, reverse=True))
    names = re.findall(known, header)
    between = re.split(known, header)[1:-1]
    separators = {text.strip() or text for text in between}
    if len(names) < 2 or len(separators) != 1 or not next(iter(separators)):
        raise ConfigError(message(origin, f"columns {show(header[:60])} are not perf's"))
    return next(iter(separators)), names


def _rows(values: dict[str, str], where: str, origin: str) -> list[tuple[str, ...]]:
    """Make the rows of one lock, which is named by what there is of symbol, caller or task."""
    names = ("symbol", "caller", "comm", "cgroup", "address", "pid")
    lock = next((values[name] for name in names if values.get(name)), "unknown")
    found: list[tuple[str, ...]] = []
    for name, (quantity, unit) in QUANTITIES.items():
        if name in values:
            if not re.fullmatch(r"[0-9]{1,20}(\.[0-9]+)?", values[name]):
                raise ConfigError(message(where, f"{show(values[name][:40])} is not a number"))
            value = number(float(values[name]))
            found.append((lock, values.get("type", ""), quantity, value, unit, origin))
    return found
