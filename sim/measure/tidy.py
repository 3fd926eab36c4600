"""A measured file recognised by its content, and written as tidy CSV.

Each form is one file of this package: `looks` tells it, `read` makes its rows. A row is one number,
with its unit and the file that it comes from: `compare`s and figures need nothing else.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

from sim.measure import perf_c2c, perf_lock, will_it_scale
from sim.measure.rows import Rows


@dataclass(frozen=True)
class Form:
    """A form of file: what it is called, how it is told and read, and what it is good for."""

    name: str
    looks: Callable[[str], bool]
    read: Callable[[str, str], Rows]
    use: str


FORMS = (
    Form(
        "will-it-scale's CSV",
        will_it_scale.looks,
        will_it_scale.read,
        "throughput by tasks, in the columns of reference/: compare it with a run of "
        "workload=scale/... or a workload of your own",
    ),
    Form(
        "perf lock contention -x",
        perf_lock.looks,
        perf_lock.read,
        "waits of each lock: compare them with the account of a run (lock_wait by object)",
    ),
    Form(
        "perf c2c report --stdio",
        perf_c2c.looks,
        perf_c2c.read,
        "shared cache lines: compare them with the account of a run (coherence by object)",
    ),
)


def form_of(text: str) -> Form | None:
    """Tell which form a text has; None if it is none of measured curves."""
    return next((form for form in FORMS if form.looks(text)), None)


def csv_of(rows: Rows) -> str:
    """Write rows as CSV, a header first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows.columns)
    writer.writerows(rows.values)
    return out.getvalue()
