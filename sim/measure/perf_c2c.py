"""`perf c2c report --stdio`: cache lines that cores share, and the code that touches them.

The table of shared cache lines has one row for each; its columns differ between versions of perf,
and their names are in the lines of comment above, over a ruler of dots that says how wide each is.
The table after it (the distribution) names the symbols of each line. Source: tools/perf/
builtin-c2c.c of Linux 4.10 to 6.12; before 4.18 a line has an address alone, and no node.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sim.config.errors import ConfigError, message
from sim.measure.rows import Rows, number

TITLE = re.compile(r"^\s*Shared Data Cache Line Table\s*$", re.MULTILINE)
DISTRIBUTION = re.compile(r"^\s*Shared Cache Line Distribution Pareto\s*$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LEVELS = ".kguH"
"""Of privilege, as perf writes them before a symbol."""
RULER = re.compile(r"^#\s+\.{2,}[. ]*$")
COLUMNS = ("line", "address", "symbols", "quantity", "value", "unit", "source")


def looks(text: str) -> bool:
    """Whether a text has perf's table of shared cache lines."""
    return TITLE.search(COLOUR.sub("", text)) is not None


def read(text: str, origin: str) -> Rows:
    """Read the table: a row for each cache line and column of numbers.

    Raises:
        ConfigError: if the table has no rows, no header that says what its columns are, or a row
            that is cut off.
    """
    text = COLOUR.sub("", text)
    start = TITLE.search(text)
    assert start is not None, "looks() found it"
    end = DISTRIBUTION.search(text, start.end())
    table = text[start.end() : end.start() if end else len(text)].splitlines()
    above = text.count("\n", 0, start.end())
    columns, first = _columns(table, origin)
    symbols = _symbols(text[end.end() :].splitlines()) if end else {}
    rows: list[tuple[str, ...]] = []
    for number_of_line, content in enumerate(table[first:], start=above + first + 1):
        if content.startswith(("#", "=")) or not re.match(r"\s*[0-9]+\s", content):
            continue
        cells = content.split()
        if len(cells) != len(columns):
            raise ConfigError(
                message(
                    f"{origin}: line {number_of_line}",
                    f"{len(cells)} values, expected {len(columns)}",
                )
            )
        values = dict(zip(columns, cells, strict=True))
        line, address = values.pop(columns[0]), values.pop(columns[1], "")
        for name, cell in values.items():
            found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(%?)", cell)
            if found is not None and not name.endswith(("node", "pa_cnt")):
                unit = "percent" if found[2] else "samples"
                value = number(float(found[1]))
                rows.append((line, address, symbols.get(line, ""), name, value, unit, origin))
    if not rows:
        raise ConfigError(message(origin, "the table of shared cache lines is empty"))
    return Rows(COLUMNS, rows)


@dataclass(frozen=True)
class _Span:
    """Where a column stands in its line."""

    first: int
    last: int

    def of(self, line: str) -> str:
        return line[self.first : self.last].strip()


def _columns(table: list[str], origin: str) -> tuple[list[str], int]:
    """Name the columns by the header's lines: (names, number of the first line below)."""
    ruler = next((i for i, line in enumerate(table) if RULER.match(line)), None)
    if ruler is None or ruler == 0:
        raise ConfigError(
            message(
                origin,
                "the table of shared cache lines has no header",
                "perf c2c report --stdio > FILE, whole",
            )
        )
    spans = [_Span(m.start(), m.end()) for m in re.finditer(r"\.+", table[ruler])]
    header = [line for line in table[:ruler] if line.startswith("#") and line.strip("# ")]
    groups = _groups(header[:-1])
    names: list[str] = []
    for span in spans:
        above = next((g for s, g in groups if s.first < span.last and span.first < s.last), "")
        own = span.of(header[-1].replace("#", " ", 1)) if header else ""
        name = "_".join(f"{above} {own}".lower().split())
        names.append(name if name not in names else f"{name}_{len(names)}")
    return names, ruler + 1


def _groups(lines: list[str]) -> list[tuple[_Span, str]]:
    """Find headings that stand over several columns: `--- Load Hitm ---`, or a word above one."""
    found = []
    for line in lines:
        for group in re.finditer(r"-+\s+([^-]+?)\s+-+|(\w+)", line.replace("#", " ", 1)):
            found.append((_Span(group.start(), group.end()), (group[1] or group[2]).strip()))
    return found


def _symbols(lines: list[str]) -> dict[str, str]:
    """Find the symbols of each line in the distribution: those after `[.]`, `[k]` and the like."""
    found: dict[str, list[str]] = {}
    line = ""
    for content in lines:
        numbered = re.match(r"\s*([0-9]+)\s+[0-9]+\s", content)
        if numbered is not None and "[" not in content:
            line = numbered[1]
        symbol = re.search(rf"\[[{LEVELS}]\]\s+(\S+(?: \S+)*)", content)
        if symbol is not None and line and symbol[1] not in found.setdefault(line, []):
            found[line].append(symbol[1])
    return {number_: ";".join(names) for number_, names in found.items()}
