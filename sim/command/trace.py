"""`trace`: what every core did, instruction by instruction, for Perfetto or for analysis."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.command import output
from sim.command.run import read
from sim.config.compose import compose
from sim.config.errors import ConfigError, message
from sim.config.plan import plan_curve

RECORDS = 20_000
SUFFIXES = (".json", ".parquet")


def run(arguments: Sequence[str]) -> None:
    """Trace one configuration, at its largest core count, and write it to `-o FILE`."""
    rest, target = _target(list(arguments))
    request = read([item for item in rest if not item.startswith("records=")])
    records = _records([item for item in rest if item.startswith("records=")])
    experiment = request.selected.get("experiment")
    if request.sweep or "out" in request.selected:
        raise ConfigError(message("trace", "traces one configuration into one file", "use -o FILE"))
    if experiment is None:
        config = compose(request.overrides, request.config_dirs)
    else:
        curve = request.selected.get("curve")
        if curve is None:
            raise ConfigError(message(f"experiment={experiment}", "name a curve, too", "curve=ID"))
        config = plan_curve(experiment, curve, request.overrides, request.config_dirs).config
    path = output.check_traced(target, SUFFIXES)
    from sim.simulate import trace

    rows = trace(config, max(config.core_counts), records)
    if path.suffix == ".json":
        output.write_text(path, json.dumps(perfetto(rows, config.hardware.clock_ghz)))
    else:
        output.write_trace(path, rows)


def _target(arguments: list[str]) -> tuple[list[str], Path]:
    """Take `-o FILE` out of the arguments."""
    for flag in ("-o", "--output"):
        if flag in arguments:
            at = arguments.index(flag)
            if at + 1 < len(arguments):
                return arguments[:at] + arguments[at + 2 :], Path(arguments[at + 1])
    raise ConfigError(message("trace", "says where to write", "-o FILE.json or -o FILE.parquet"))


def _records(given: list[str]) -> int:
    """Number of rows at most."""
    if not given:
        return RECORDS
    value = given[-1].partition("=")[2]
    if not value.isdigit() or not 1 <= int(value) <= 10_000_000:
        raise ConfigError(message(given[-1], f"'{value}' is not a number of rows", "1 .. 10000000"))
    return int(value)


def perfetto(rows: list[dict[str, Any]], clock_ghz: float) -> dict[str, Any]:
    """Trace events that Perfetto opens: a track per core, a slice per shared instruction."""
    microseconds = 1 / (clock_ghz * 1000)
    return {
        "traceEvents": [
            {
                "name": f"{row['instruction']} {row['region']}".strip(),
                "cat": row["object"],
                "ph": "X",
                "ts": row["time_cycles"] * microseconds,
                "dur": (row["end_cycles"] - row["time_cycles"]) * microseconds,
                "pid": 0,
                "tid": row["core"],
                "args": {
                    "object": row["object"],
                    "thread": row["thread"],
                    "line": row["line"],
                    "value": row["value"],
                },
            }
            for row in rows
        ],
        "displayTimeUnit": "ns",
    }
