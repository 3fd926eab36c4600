"""The rows of a table of latencies, whatever separates its cells and stands around it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from sim.config.errors import ConfigError, message, show
from sim.machine_import.text import plain

NOTHING = ("", "nan", "-", "n/a", "na", "null", "none")
NUMBER = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:e[+-]?[0-9]+)?", re.IGNORECASE)
# A cell of the table that core-to-core-latency prints: a mean, and its standard error.
WITH_ERROR = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(?:±|\+/-)\s*[0-9]*(?:\.[0-9]+)?")
LABEL = re.compile(r"(?:cpu|core|thread|lcpu|t|c|p)?[\s_#-]*([0-9]{1,5})", re.IGNORECASE)
WORDS = re.compile(r"[A-Za-z]{2,}")
MIN_PAIRS = 3


@dataclass(frozen=True)
class Table:
    """Rows of cells, in the file's order.

    `lines` are the rows' numbers as errors name them; `order` is the CPU of each row, if headers
    say that it is not the row's own number; `decimal_comma` says that 1,5 is one and a half.
    """

    rows: list[list[str]]
    lines: list[int]
    remarks: list[str] = field(default_factory=list)
    order: list[int] | None = None
    decimal_comma: bool = False


def table_of(text: str, origin: str) -> Table:
    """Take a text apart.

    Raises:
        ConfigError: if it is a list of other measurements, or more than one table.
    """
    lines = text.splitlines()
    if any(WITH_ERROR.search(line) for line in lines):
        return _console(lines, origin)
    lines = [line for line in lines if not line.lstrip().startswith(("#", "//"))]
    separator = _separator(lines)
    name = {";": "semicolons", "\t": "tabs", None: "spaces"}.get(separator)
    comma = separator != "," and any("," in line for line in lines)
    blocks = _blocks([_cells(line, separator) for line in lines])
    if not blocks:
        return Table([], [])
    rows = [row for block in blocks for row in block]
    if len(blocks) > 1 and not _is_one(rows):
        _refuse_several(blocks, origin)
    table = Table(rows, list(range(1, len(rows) + 1)), decimal_comma=comma)
    if name:
        table.remarks.append(f"Columns are separated by {name}.")
    pairs = _from_pairs(table)
    if pairs is not None:
        return pairs
    table = _without_headers(table, origin)
    blank_first = bool(lines) and not lines[0].strip()
    return _whole_triangle(table, blank_first)


def _separator(lines: list[str]) -> str | None:
    """Find what separates cells: what most lines have; None is white space."""
    count: Counter[str] = Counter()
    for line in lines:
        for separator in (";", "\t", ","):
            if separator in line:
                count[separator] += 1
                break
    if count:
        return count.most_common(1)[0][0]
    several = any(len(line.split()) > 1 for line in lines)
    return None if several else ","


def _cells(line: str, separator: str | None) -> list[str]:
    """Split a line; quotes around a cell are none of it. A blank line has no cell."""
    if not line.strip(" \r"):
        return []
    if separator == "\t" and not line.strip():
        return line.rstrip("\r\n").split("\t")
    return [cell.strip().strip("\"'") for cell in line.split(separator)]


def _blocks(rows: list[list[str]]) -> list[list[list[str]]]:
    """Find tables: lines between blank ones, without lines of words before and after."""
    blocks: list[list[list[str]]] = [[]]
    for row in rows:
        if not row:
            blocks.append([])
        else:
            blocks[-1].append(row)
    found = []
    for block in blocks:
        kept = [row for row in block if not _is_prose(row)]
        if kept:
            found.append(kept)
    return found


def _is_prose(row: list[str]) -> bool:
    """Whether a line is a sentence or a title: words, and fewer than two numbers."""
    named = [cell for cell in row if cell.lower() not in NOTHING]
    words = any(WORDS.search(cell) and not LABEL.fullmatch(cell) for cell in named)
    numbers = sum(NUMBER.fullmatch(cell) is not None for cell in row)
    text = " ".join(named)
    return words and numbers <= 1 and (":" in text or len(named) == 1 and " " in text)


def _is_one(rows: list[list[str]]) -> bool:
    """Whether rows are one table, whatever blank lines are between them."""
    n = len(rows)
    return all(len(row) in (n, n + 1) for row in rows) or all(
        len(row) in (i, i + 1) for i, row in enumerate(rows)
    )


def _refuse_several(blocks: list[list[list[str]]], origin: str) -> None:
    """Refuse several tables of numbers in one file."""
    sizes = [len(block) for block in blocks]
    raise ConfigError(
        message(
            origin,
            f"{len(blocks)} tables of {', '.join(map(str, sizes))} rows, separated by blank lines",
            "keep the one that is to be imported",
        )
    )


# --- headers -------------------------------------------------------------------------------


def _without_headers(table: Table, origin: str) -> Table:
    """Take away a first row and a first column that number the CPUs."""
    rows = table.rows
    n = len(rows)
    top, left = _labels(rows[0]), _labels([row[0] for row in rows])
    widest = max(map(len, rows))
    corner = rows[0][0].strip()
    has_corner = not NUMBER.fullmatch(corner)
    across = _numbered(rows[0][1:]) if widest == n and n > 2 else None
    down = [row[0] for row in rows[1:]]
    if across is not None and _numbered(down) == across and has_corner:
        return _headed(table, [row[1:] for row in rows[1:]], across)
    if top is not None and n == widest + 1 and _numbered(rows[0]) is not None:
        return _headed(table, rows[1:], _numbered(rows[0]) or [])
    if left is not None and widest == n + 1 and _numbered([row[0] for row in rows]) is not None:
        return _headed(table, [row[1:] for row in rows], _numbered([row[0] for row in rows]) or [])
    words = next((cell for cell in rows[0] if WORDS.search(cell) and cell.lower() != "nan"), None)
    if words is not None and n > 2 and not any(NUMBER.fullmatch(cell) for cell in rows[0]):
        raise ConfigError(
            message(
                f"{origin}: row 1",
                f"a header, {show(plain(words))}, of other things than CPUs 0, 1, 2 ...",
                "allowed: latencies between CPUs, a row and a column for each",
            )
        )
    return table


def _labels(cells: list[str]) -> list[int] | None:
    """Read labels of CPUs: `3`, `CPU3`, `core 3`; None if a cell is none."""
    found = [LABEL.fullmatch(cell.strip()) for cell in cells]
    return [int(label[1]) for label in found if label] if all(found) and found else None


def _numbered(cells: list[str]) -> list[int] | None:
    """Read labels that no latencies look like: words, or whole numbers that are all different."""
    labels = _labels(cells)
    if labels is None or len(set(labels)) < len(labels):
        return None
    words = all(not NUMBER.fullmatch(cell.strip()) for cell in cells)
    counted = sorted(labels) == list(range(len(labels))) or labels == sorted(labels)
    return labels if words or (counted and min(labels) <= 1) else None


def _headed(table: Table, rows: list[list[str]], labels: list[int]) -> Table:
    """Leave headers out, and keep the order that they name."""
    base = min(labels)
    counted = [label - base for label in labels]
    order = None
    remarks = [*table.remarks, "Headers name the CPUs: left out."]
    if sorted(counted) == list(range(len(labels))):
        order = counted if counted != sorted(counted) else None
        if order is not None:
            remarks.append("Rows and columns are put into the order of the CPU numbers.")
    else:
        remarks.append("CPU numbers have gaps: CPUs are numbered by their place in the file.")
    lines = [line + 1 for line in range(1, len(rows) + 1)]
    return replace(table, rows=rows, lines=lines, remarks=remarks, order=order)


# --- triangles and lists -------------------------------------------------------------------


def _whole_triangle(table: Table, blank_first: bool) -> Table:
    """Give a triangle that lacks its diagonal the row of the CPU that has no cell in it.

    The first row of the lower one is then blank, if an editor has not removed it. Where it is not
    there and the last cells of all rows are latencies, there is no diagonal if the number of CPUs
    is even with one more, as nearly all machines' is.
    """
    rows, n = table.rows, len(table.rows)
    lower = all(len(row) == i + 1 for i, row in enumerate(rows))
    upper = n > 1 and all(len(row) == n - i for i, row in enumerate(rows))
    if not (lower or upper) or n < 1:
        return table
    ends = [row[-1] if lower else row[0] for row in rows]
    measured = all(NUMBER.fullmatch(cell) and float(cell.replace(",", ".")) > 0 for cell in ends)
    if not measured or not (blank_first or (n % 2 and n > 1)):
        return table
    remarks = [*table.remarks, f"A triangle without its diagonal: {n + 1} CPUs."]
    if lower:
        return replace(table, rows=[[], *rows], lines=list(range(1, n + 2)), remarks=remarks)
    rows = [["", *row] for row in rows] + [[""]]
    return replace(table, rows=rows, lines=list(range(1, n + 2)), remarks=remarks)


def _from_pairs(table: Table) -> Table | None:
    """Read a list of pairs (CPU, CPU, latency), below a header of words; None if it is none."""
    rows = table.rows
    if len(rows) < MIN_PAIRS or any(len(row) != 3 for row in rows):
        return None
    header = any(WORDS.search(cell) and not LABEL.fullmatch(cell) for cell in rows[0])
    body = rows[1:] if header else rows
    ids = [LABEL.fullmatch(cell) for row in body for cell in row[:2]]
    if not all(ids) or not (header or len(rows) > 3):
        return None
    cpus = [int(label[1]) for label in ids if label]
    if not 2 <= max(cpus) + 1 <= len(body) + 2:
        return None
    square = [[""] * (max(cpus) + 1) for _ in range(max(cpus) + 1)]
    for (a, b), row in zip(zip(cpus[::2], cpus[1::2], strict=True), body, strict=True):
        square[a][b] = row[2]
    remarks = [*table.remarks, "A list of pairs: first CPU, second CPU, latency in ns."]
    return replace(table, rows=square, lines=list(range(1, len(square) + 1)), remarks=remarks)


# --- the terminal's table ------------------------------------------------------------------


def _console(lines: list[str], origin: str) -> Table:
    """Read the table that core-to-core-latency prints: rows of a CPU number and `60±1`."""
    rows: list[list[str]] = []
    numbers = []
    for line in lines:
        label = re.match(r"\s*([0-9]{1,5})(?=\s|$)", line)
        cells = WITH_ERROR.findall(line)
        rest = re.sub(WITH_ERROR, " ", line[label.end() :] if label else line)
        if label is None or rest.strip(" \t\r|,;-") and not _only_gaps(rest):
            continue
        if rows and int(label[1]) == 0:
            raise ConfigError(
                message(
                    origin, "several tables of a terminal", "keep the one that is to be imported"
                )
            )
        rows.append(cells)
        numbers.append(int(label[1]))
    lower = all(len(row) == i for i, row in enumerate(rows))
    counted = numbers == list(range(len(rows)))
    remarks = [
        "The table that core-to-core-latency prints on a terminal: whole ns (--csv has all)."
    ]
    if not counted and numbers == sorted(set(numbers)):
        remarks.append("CPU numbers have gaps: CPUs are numbered by their place in the file.")
    elif not counted or not lower:
        raise ConfigError(
            message(
                origin,
                "a table of a terminal with rows cut off or wrapped",
                "core-to-core-latency --csv > FILE.csv writes all of it",
            )
        )
    return Table(rows, list(range(1, len(rows) + 1)), remarks)


def _only_gaps(text: str) -> bool:
    return not re.search(r"[0-9A-Za-z]", text)
