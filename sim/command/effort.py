"""What a run took, for `effort=FILE`: a TSV beside the results, which themselves never hold it.

It is what the run takes alone: points that another curve of the workflow has simulated count with
the time that they took there.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.command import output
from sim.drafts import refused, write_text
from sim.shared_points import seconds_taken

COLUMNS = ("s", "cpu_time", "max_rss")
"""Wall time and processor time in seconds, largest resident memory in MiB."""


def check_file(effort: str) -> Path:
    """Return the file that `effort=` names, once it is known that it can be written."""
    return output.check_kind("effort=", effort, "a TSV file", (".tsv",))


@contextmanager
def recorded(path: Path | None) -> Iterator[None]:
    """Write what the work inside took, if it succeeds and a file is named."""
    began, used, before = time.monotonic(), time.process_time(), seconds_taken()
    yield
    if path is None:
        return
    taken = seconds_taken() - before
    values = (time.monotonic() - began + taken, time.process_time() - used + taken, _peak_mib())
    lines = ["\t".join(COLUMNS), "\t".join(f"{value:.2f}" for value in values)]
    with refused(f"effort={path}"):
        write_text(path, "\n".join(lines) + "\n")


def _peak_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
