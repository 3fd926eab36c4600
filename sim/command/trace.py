"""`trace`: what every core did, instruction by instruction, for Perfetto or for analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.command import output, perfetto, table
from sim.command.limits import check_trace
from sim.command.request import Request, whole_number
from sim.command.run import check_named, last_core_count, one_curve, say_unused
from sim.command.tracks import tracks
from sim.config.errors import ConfigError, message
from sim.experiment.changes import changes
from sim.experiment.plan import PlannedCurve

if TYPE_CHECKING:
    from sim.config.run import RunConfig
    from sim.trace import Trace

RECORDS = 20_000
STEADY = "steady"
MOST_SKIPPED = 1_000_000_000
MOST_RECORDS = 10_000_000
SUFFIXES = (".pftrace", ".json", ".parquet")


@dataclass(frozen=True)
class Traced:
    """What is traced: a curve, and how many records of it."""

    curve: PlannedCurve
    experiment: str | None
    records: int
    after: str = "0"

    def skipped(self, cores: int) -> int:
        """Operations before the first record: `steady` is where the measured window opens."""
        if self.after != STEADY:
            return int(self.after)
        config = self.curve.config
        return 1 if config.workload.batch else config.dropped_operations(cores)

    @property
    def description(self) -> dict[str, Any]:
        """What was traced, for the file beside the records."""
        return {
            "curve": self.curve.id,
            "experiment": self.experiment,
            "overrides": list(self.curve.overrides),
            "records": self.records,
            **({} if self.after == "0" else {"from": self.after}),
            "config_hash": self.curve.config_hash,
            "config": self.curve.config.model_dump(mode="json"),
        }


def planned(request: Request) -> Traced:
    """Plan what a request traces."""
    records = whole_number(request.selected, "records", MOST_RECORDS) or RECORDS
    after = request.selected.get("from", "0")
    if after not in ("0", STEADY):
        whole_number(request.selected, "from", MOST_SKIPPED, instead=STEADY)
    curve = one_curve(request, "trace")
    return Traced(curve, request.selected.get("experiment"), records, after)


def run(request: Request) -> None:
    """Trace one configuration, at the core count that was named last, and write it to `-o FILE`."""
    if request.output is None:
        raise ConfigError(
            message("trace", "where to write is missing", "-o NAME.pftrace, .json or .parquet")
        )
    asked = planned(request)
    config = asked.curve.config
    path = output.check_kind("-o ", request.output, "a trace", SUFFIXES)
    cores = last_core_count(request, config)
    check_trace(f"records={asked.records}", config, cores, asked.records, path.suffix)
    check_named(config)
    say_unused([config], request)
    from sim.simulate import trace

    after = asked.skipped(cores)
    rows = trace(config, cores, asked.records, after)
    closing = summary(rows, cores, after, config)
    if path.suffix == ".parquet":
        output.write_trace(path, rows, asked.description)
        print(f"{path}: {closing}")
        return
    ran = changes(config, request.config_dirs, asked.curve.overrides)
    title = table.Shown(config, ran).heading
    drawn = tracks(rows, title, cores, config.hardware.clock_ghz)
    if path.suffix == ".json":
        output.write_parts(path, perfetto.as_json(drawn))
    else:
        output.write_parts(path, perfetto.as_protobuf(drawn))
    print(f"{path}: {closing}")


def summary(rows: Trace, cores: int, after: int, config: RunConfig) -> str:
    """Say what a trace holds: records, cores, operations, and the time that they span."""
    from sim.engine import isa
    from sim.program.operations import NAMES

    records = rows.records
    done = sum(rows.instructions[pc] == NAMES[isa.END] for pc in records["pc"].tolist())
    span = int(records["until"].max() - records["time"].min()) if len(records) else 0
    microseconds = span / (config.hardware.clock_ghz * 1000)
    begins = f"from operation {after:,} on" if after else "from the start of the run"
    unit = config.workload.unit
    return (
        f"{len(records):,} records of {table.cores(cores)} {begins}, {done:,} {unit} completed in "
        f"{table.number(microseconds)} us"
    )
