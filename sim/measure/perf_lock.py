"""`perf lock contention`: how often and how long each lock was waited for.

With `-x SEP` the first comment names the columns (`# output: contended, total wait, max wait, avg
wait, type, caller`), and times are in ns. `-F` chooses the columns; by task the last ones are `pid,
comm`, with `-l` `address, symbol, type`, with `-v` `stacktrace` is behind all. perf puts no
separator into a name that has one, so the last column takes what is left. Without `-x` it is a
table for readers: times have a unit and two decimals, an address's type stands in parentheses.
Source: tools/perf/builtin-lock.c of Linux 5.19 to 6.12.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from sim.config.errors import ConfigError, message, show
from sim.measure.rows import Rows, number

HEADER = re.compile(r"^# output:[ \t]*(.+?)[ \t\r]*$", re.MULTILINE)
QUANTITIES = {
    "contended": ("contended", "waits"),
    "total wait": ("total_wait", "ns"),
    "max wait": ("max_wait", "ns"),
    "min wait": ("min_wait", "ns"),
    "avg wait": ("avg_wait", "ns"),
}
NAMES = ("type", "caller", "stacktrace", "address", "symbol", "pid", "comm", "owner", "cgroup")
KNOWN = "|".join(sorted((*QUANTITIES, *NAMES), key=len, reverse=True))
TABLE = re.compile(rf"^[ ]*(?:{'|'.join(QUANTITIES)})(?:[ ]+(?:{KNOWN}))+[ \t\r]*$", re.MULTILINE)
UNITS_NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
CELL = re.compile(rf"\s*([0-9]{{1,20}}(?:\.[0-9]+)?)(?:\s+({'|'.join(UNITS_NS)})(?=\s|$))?")
STACK = re.compile(r"\s*0x[0-9a-f]+\s")
REST = "=== output for debug"
ROUNDED = "perf's table for readers: times have two decimals (perf lock contention -x , has all)."
COLUMNS = ("lock", "type", "quantity", "value", "unit", "source")


def looks(text: str) -> bool:
    """Whether a text is perf's, with -x or as the table for readers."""
    header = HEADER.search(text)
    if header is not None and any(name in header[1] for name in QUANTITIES):
        return True
    return TABLE.search(text) is not None


def read(text: str, origin: str) -> Rows:
    """Read the locks: a row for each lock and quantity.

    What a terminal shows before the header, such as perf's warnings, does not count.

    Raises:
        ConfigError: for a row that is none of perf's; if no lock was waited for.
    """
    header = HEADER.search(text)
    table = TABLE.search(text) if header is None else header
    assert table is not None, "looks() found one"
    first = text.count("\n", 0, table.end()) + 2
    lines = list(enumerate(text[table.end() :].splitlines()[1:], start=first))
    if header is None:
        found = _of_table(re.findall(KNOWN, table[0]), lines, origin)
    else:
        found = _separated(header[1], lines, origin)
    rows = [row for values, where in found for row in _rows(values, where, origin)]
    if not rows:
        raise ConfigError(message(origin, "no lock was contended"))
    return Rows(COLUMNS, rows, () if header else (ROUNDED,))


Found = Iterator[tuple[dict[str, str], str]]
"""Values of each lock by the names of their columns, and where they stand."""


def _separated(header: str, lines: list[tuple[int, str]], origin: str) -> Found:
    """Read what -x writes; a stack may be missing."""
    separator, columns = _columns(header, origin)
    for line, content in lines:
        if not content.strip() or content.startswith("#"):
            continue
        cells = [cell.strip() for cell in content.split(separator, len(columns) - 1)]
        if len(cells) == len(columns) - 1 and columns[-1] == "stacktrace":
            cells.append("")
        if len(cells) != len(columns):
            raise ConfigError(
                message(f"{origin}: line {line}", f"{len(cells)} values, expected {len(columns)}")
            )
        yield dict(zip(columns, cells, strict=True)), f"{origin}: line {line}"


def _of_table(columns: list[str], lines: list[tuple[int, str]], origin: str) -> Found:
    """Read the table for readers, up to what perf says of itself; stacks are left out."""
    names = [name for name in columns if name not in QUANTITIES]
    for line, content in lines:
        if content.startswith(REST):
            return
        if not content.strip() or STACK.match(content):
            continue
        values, at = {}, 0
        for name in columns:
            if name in QUANTITIES:
                cell = CELL.match(content, at)
                if cell is None:
                    raise ConfigError(
                        message(f"{origin}: line {line}", f"no number for {show(name)}")
                    )
                values[name], at = _ns(cell[1], cell[2]), cell.end()
        cells = content[at:].split(None, max(len(names) - 1, 0))
        if len(cells) != len(names):
            raise ConfigError(message(f"{origin}: line {line}", f"expected: {', '.join(columns)}"))
        values |= dict(zip(names, (cell.strip() for cell in cells), strict=True))
        typed = re.fullmatch(r"(.*?)\s*\(([^()]+)\)", values.get("symbol", ""))
        if typed is not None:
            values |= {"symbol": typed[1], "type": typed[2]}
        yield values, f"{origin}: line {line}"


def _ns(digits: str, unit: str | None) -> str:
    """Write a time in ns, exactly; a number without a unit as it is."""
    return format(Decimal(digits) * UNITS_NS[unit or "ns"], "f")


def _columns(header: str, origin: str) -> tuple[str, list[str]]:
    """Find the separator, which the user chose, and the columns."""
    names = re.findall(KNOWN, header)
    between = re.split(KNOWN, header)[1:-1]
    separators = {text.strip() or text for text in between}
    if len(names) < 2 or len(separators) != 1 or not next(iter(separators)):
        raise ConfigError(message(origin, f"columns {show(header[:60])} are not perf's"))
    return next(iter(separators)), names


def _rows(values: dict[str, str], where: str, origin: str) -> list[tuple[str, ...]]:
    """Make the rows of one lock, which is named by what there is of symbol, caller or task."""
    names = ("symbol", "caller", "comm", "owner", "cgroup", "address", "pid")
    lock = next((values[name] for name in names if values.get(name)), "unknown")
    found: list[tuple[str, ...]] = []
    for name, (quantity, unit) in QUANTITIES.items():
        if name in values:
            if not re.fullmatch(r"[0-9]{1,20}(\.[0-9]+)?", values[name]):
                raise ConfigError(message(where, f"{show(values[name][:40])} is not a number"))
            value = number(float(values[name]))
            found.append((lock, values.get("type", ""), quantity, value, unit, origin))
    return found
