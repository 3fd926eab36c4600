"""Whether what a simulation left behind is whole, and of which engine and configuration it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from analysis.read.tidy import ResultsError, read_json
from sim.command import output
from sim.version import engine_hash


def problem(points: Path, config_hash: str | None = None) -> str:
    """Say why a Parquet file and those beside it are not what a clean run leaves; else nothing.

    Parameters
    ----------
    config_hash : of the configuration that they should be of; None: of any
    """
    place = output.beside(points)[-1]
    try:
        written = read_json(place)
        digests: Mapping[str, str] = dict(written["sha256"])
        made = written["engine"], written["config_hash"]
    except (ResultsError, OSError, KeyError, TypeError, ValueError):
        return "missing, or left half done"
    if points.name not in digests:
        return "missing, or left half done"
    for name, digest in digests.items():
        try:
            found = hashlib.sha256((points.parent / name).read_bytes()).hexdigest()
        except OSError:
            return f"{name} is missing"
        if found != digest:
            return f"{name} changed since it was written"
    if made[0] != engine_hash():
        return "simulated by another version of the engine"
    return "" if config_hash in (None, made[1]) else "simulated with another configuration"
