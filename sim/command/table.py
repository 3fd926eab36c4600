"""Results as a table for people: what each point does, and what holds it back."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sim.config.run import RunConfig
from sim.statistics import half_interval

UNIT = re.compile(r"(?<=/s) | (?=(us|cycles)$)")
"""Where a heading breaks."""

TIMES = ("user us", "system us", "idle us", "top causes")


class Shown(NamedTuple):
    """What one table is of: a run, and its settings that are not those of the files it chooses."""

    config: RunConfig
    changes: Sequence[str]

    @property
    def heading(self) -> str:
        """The run in a line."""
        config = self.config
        where = f"{config.workload.name} on {config.kernel.name}, {config.hardware.name}"
        free = [f"free: {', '.join(config.free)}"] if config.free else []
        slow = [f"slow: {', '.join(config.slow)}"] if config.slow else []
        changes = [" ".join(self.changes)] if self.changes else []
        return "; ".join([where, *free, *slow, *changes])


def show(points: pl.DataFrame, account: pl.DataFrame, shown: Mapping[str, Shown]) -> None:
    """Print one table per curve and variant: styled on a terminal, tab-separated in a pipe.

    Args:
        points: rows of all curves, as they are written.
        account: where their cycles went.
        shown: what ran, by curve as the rows name it, in the order of the tables.
    """
    for curve, ran in shown.items():
        config = ran.config
        part, mine = (rows.filter(pl.col("curve") == curve) for rows in (points, account))
        least = min(part["cores"])
        if config.workload.paced:
            headings = ["latency cycles", "95 %", "relative" if least == 1 else f"over {least}"]
            rows = _rows(part, mine, "latency_mean_cycles", "latency_mean_cycles")
        else:
            speed_up = "speed-up" if least == 1 else f"speed-up over {least}"
            headings = [f"{config.workload.unit}/s per core", "95 %", speed_up]
            rows = _rows(part, mine, "throughput_per_core", "throughput")
        draw(f"{curve}: {ran.heading}", ["cores", *headings, *TIMES], rows)
        for line in remarks(part.to_dicts()):
            print(line if sys.stdout.isatty() else f"# {line}")


REMARKS = (
    ("stationary", (0,), "not stationary, the halves of the window differ; see run.operations"),
    ("branch", (1, 2), "bistable, the replications fall into two branches"),
)
"""Column, its values that need a word beside the numbers, and the word."""


def remarks(points: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say, in a line each, at which core counts points drift or are bistable.

    Args:
        points: rows of one curve.
    """
    found = []
    for column, values, what in REMARKS:
        counts = sorted({row["cores"] for row in points if row[column] in values})
        if counts:
            others = f"{', '.join(map(str, counts[:-1]))} and " if counts[1:] else ""
            found.append(f"{others}{cores(counts[-1])}: {what}")
    return found


def _rows(
    points: pl.DataFrame, account: pl.DataFrame, column: str, compared: str
) -> list[list[str]]:
    """One row per core count: a column with its interval, and another over its first value.

    A bistable point has a row for each of its branches, with its share in place of the interval.
    """
    rows = []
    base: float | None = None
    for (cores, branch), part in _by_branch(points):
        total = _mean(part, compared)
        if base is None:
            base = _mean(points.filter(pl.col("cores") == cores), compared)
        mean = _mean(part, column)
        interval = f"in {part['branch_share'][0]:.0%}" if branch else _interval(part, column, mean)
        mine = pl.col("cores") == cores, pl.col("replication").is_in(part["replication"].to_list())
        rows.append(
            [
                str(cores),
                number(mean),
                interval,
                f"{total / base:.2f}" if base else "",
                *(number(_mean(part, name)) for name in ("user_us", "system_us", "idle_us")),
                _causes(account.filter(*mine)),
            ]
        )
    return rows


def _by_branch(points: pl.DataFrame) -> Iterator[tuple[tuple[Any, ...], pl.DataFrame]]:
    """The replications of each core count and branch, the faster branch first."""
    ordered = points.sort("cores", "branch", maintain_order=True)
    return iter(ordered.group_by("cores", "branch", maintain_order=True))


def _mean(part: pl.DataFrame, column: str) -> float:
    return float(sum(part[column].to_list())) / len(part)


def _interval(part: pl.DataFrame, column: str, mean: float) -> str:
    """Half of a column's interval over the mean, which a resonant point's replications lack."""
    if part["resonant"].max():
        return "resonant"
    half = half_interval(part[column].to_list())
    return f"+-{half / mean:.1%}" if half is not None and mean else ""


def _causes(account: pl.DataFrame, count: int = 3) -> str:
    """Name the largest items of the account with their share of all cycles."""
    totals = (
        account.group_by("object", "cause")
        .agg(pl.col("cycles_per_operation").sum())
        .sort(["cycles_per_operation", "object", "cause"], descending=[True, False, False])
    )
    everything = totals["cycles_per_operation"].sum()
    if not everything:
        return ""
    return ", ".join(
        f"{cycles / everything:.0%} {name} {cause.replace('_', ' ')}"
        for name, cause, cycles in totals.head(count).iter_rows()
        if cycles > 0
    )


def number(value: float) -> str:
    """Write a number with four significant digits and no exponent."""
    if value == 0:
        return "0"
    digits = max(0, 3 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(digits, 6)}f}"


def cores(count: int) -> str:
    """Write a number of cores in words."""
    return f"{count} {'core' if count == 1 else 'cores'}"


def draw(title: str, headings: list[str], rows: list[list[str]]) -> None:
    """Print one table: styled on a terminal, tab-separated in a pipe. The last column is text."""
    if not sys.stdout.isatty():
        print(f"# {title}")
        for row in [headings, *rows]:
            print("\t".join(row))
        return
    drawn = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in headings:
        last = heading == headings[-1]
        # Units and the second half of a heading go on a line of their own: 80 columns are enough.
        stacked = heading if last else UNIT.sub("\n", heading)
        drawn.add_column(stacked, justify="left" if last else "right", no_wrap=not last)
    for row in rows:
        drawn.add_row(*map(escape, (*row[:-1], row[-1].replace(", ", "\n"))))
    console = Console()
    console.print(title, style="bold", markup=False, highlight=False)
    console.print(drawn)
