"""What a run took, for `effort=FILE`: a TSV beside the results, which themselves never hold it."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.command import output
from sim.drafts import refused, write_text

COLUMNS = ("s", "cpu_time", "max_rss")
"""Wall time and processor time in seconds, largest resident memory in MiB."""


def check_file(effort: str) -> Path:
    """Return the file that `effort=` names, once it is known that it can be written."""
    return output.check_kind("effort=", effort, "a TSV file", (".tsv",))


@contextmanager
def recorded(path: Path | None) -> Iterator[None]:
    """Write what the work inside took, if it succeeds and a file is named."""
    began, used = time.monotonic(), time.process_time()
    yield
    if path is None:
        return
    values = (time.monotonic() - began, time.process_time() - used, _peak_mib())
    lines = ["\t".join(COLUMNS), "\t".join(f"{value:.2f}" for value in values)]
    with refused(f"effort={path}"):
        write_text(path, "\n".join(lines) + "\n")


def _peak_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
