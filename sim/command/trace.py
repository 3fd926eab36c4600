"""`trace`: what every core did, instruction by instruction, for Perfetto or for analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.command import output, perfetto, table
from sim.command.limits import check_trace
from sim.command.request import Request, whole_number
from sim.command.run import check_named, last_core_count, one_curve, say_unused
from sim.command.tracks import tracks
from sim.config.errors import ConfigError, message
from sim.experiment.changes import changes
from sim.experiment.plan import PlannedCurve

RECORDS = 20_000
MOST_RECORDS = 10_000_000
SUFFIXES = (".pftrace", ".json", ".parquet")


@dataclass(frozen=True)
class Traced:
    """What is traced: a curve, and how many records of it."""

    curve: PlannedCurve
    experiment: str | None
    records: int

    @property
    def description(self) -> dict[str, Any]:
        """What was traced, for the file beside the records."""
        return {
            "curve": self.curve.id,
            "experiment": self.experiment,
            "overrides": list(self.curve.overrides),
            "records": self.records,
            "config_hash": self.curve.config_hash,
            "config": self.curve.config.model_dump(mode="json"),
        }


def planned(request: Request) -> Traced:
    """Plan what a request traces."""
    records = whole_number(request.selected, "records", MOST_RECORDS) or RECORDS
    return Traced(one_curve(request, "trace"), request.selected.get("experiment"), records)


def run(request: Request) -> None:
    """Trace one configuration, at the core count that was named last, and write it to `-o FILE`."""
    if request.output is None:
        raise ConfigError(
            message("trace", "where to write is missing", "-o NAME.pftrace, .json or .parquet")
        )
    asked = planned(request)
    config = asked.curve.config
    path = output.check_traced(request.output, SUFFIXES)
    cores = last_core_count(request, config)
    check_trace(f"records={asked.records}", config, cores, asked.records, path.suffix)
    check_named(config)
    say_unused([config], request)
    from sim.simulate import trace

    rows = trace(config, cores, asked.records)
    if path.suffix == ".parquet":
        output.write_trace(path, rows, asked.description)
        return
    ran = changes(config, request.config_dirs, asked.curve.overrides)
    title = table.Shown(config, ran).heading
    drawn = tracks(rows, title, cores, config.hardware.clock_ghz)
    if path.suffix == ".json":
        output.write_parts(path, perfetto.as_json(drawn))
    else:
        output.write_parts(path, perfetto.as_protobuf(drawn))
