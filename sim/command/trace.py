"""`trace`: what every core did, instruction by instruction, for Perfetto or for analysis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.command import output, perfetto
from sim.command.limits import check_trace
from sim.command.request import read, whole_number
from sim.command.run import check_free, last_core_count, one_curve
from sim.command.tracks import tracks
from sim.config.errors import ConfigError, message

RECORDS = 20_000
MOST_RECORDS = 10_000_000
SUFFIXES = (".pftrace", ".json", ".parquet")


def run(arguments: Sequence[str]) -> None:
    """Trace one configuration, at the core count that was named last, and write it to `-o FILE`."""
    request = read("trace", arguments)
    if "-o" not in request.values:
        raise ConfigError(
            message("trace", "where to write is missing", "-o NAME.pftrace, .json or .parquet")
        )
    records = whole_number(request.selected, "records", MOST_RECORDS) or RECORDS
    config = one_curve(request, "trace").config
    path = output.check_traced(Path(request.values["-o"]).expanduser(), SUFFIXES)
    cores = last_core_count(request, config)
    check_trace(f"records={records}", config, cores, records, path.suffix)
    check_free(config)
    from sim.simulate import trace

    rows = trace(config, cores, records)
    if path.suffix == ".parquet":
        output.write_trace(path, rows)
        return
    title = f"{config.workload.name} on {config.kernel.name}, {config.hardware.name}"
    drawn = tracks(rows, title, cores, config.hardware.clock_ghz)
    if path.suffix == ".json":
        output.write_parts(path, perfetto.as_json(drawn))
    else:
        output.write_parts(path, perfetto.as_protobuf(drawn))
