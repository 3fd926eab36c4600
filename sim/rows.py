"""Rows of results: what one run measured, in the units of the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.engine import isa
from sim.machine.site import Site
from sim.machine.traffic import count
from sim.point import SimulationError
from sim.program.assembler import Assembler
from sim.program.simulation import Measurement
from sim.reading import Reading
from sim.trace import Row

if TYPE_CHECKING:
    from sim.config.run import RunConfig

TRACED_WARM_UP = 4
"""Of the operations whose traffic was traced, the first of so many parts do not count."""
NO_TRAFFIC: Row = {"lines_moved": 0.0, "link_dwords_out": 0.0, "link_dwords_back": 0.0}
"""What rows say where it is not counted."""


def point_row(config: RunConfig, site: Site, seed: int, reading: Reading) -> Row:
    """Throughput, latency and time per operation of one point.

    Where only a share of an operation is simulated, its times are scaled up to a whole one.
    """
    if reading.elapsed == 0:
        raise SimulationError(
            f"{config.workload.name} with {site.cores} cores: an operation takes no time at all; "
            "give some cost a value above 0"
        )
    whole = 1.0 / config.workload.simulated_share
    seconds = reading.elapsed * whole / (config.hardware.clock_ghz * 1e9)
    throughput = reading.operations / seconds
    cycles = reading.account.sum(axis=(1, 2)) * whole / reading.operations
    microseconds = cycles / (config.hardware.clock_ghz * 1000)
    return {
        "seed": seed,
        "unit": config.workload.unit,
        "operations": reading.operations,
        "elapsed_cycles": round(reading.elapsed * whole),
        "throughput_per_core": throughput / site.cores,
        "throughput": throughput,
        "latency_mean_cycles": reading.latency_mean * whole,
        "latency_p50_cycles": reading.latency_p50 * whole,
        "latency_p99_cycles": reading.latency_p99 * whole,
        "user_us": float(microseconds[isa.USER]),
        "system_us": float(microseconds[isa.SYSTEM]),
        "idle_us": float(microseconds[isa.IDLE]),
        "events": reading.events,
    }


def traffic_row(config: RunConfig, site: Site, program: Assembler, measured: Measurement) -> Row:
    """Lines and words per operation that went over the links, by a traced run."""
    codes = [instruction.op for instruction in program.instructions]
    done = sum(codes[int(pc)] == isa.END for pc in measured.trace["pc"])
    counted = count(measured.trace, codes, site.packages, done // TRACED_WARM_UP)
    packets = config.hardware.link_packets
    return {
        "lines_moved": counted.lines_moved,
        "link_dwords_out": 0.0 if packets is None else counted.dwords(packets, out=True),
        "link_dwords_back": 0.0 if packets is None else counted.dwords(packets, out=False),
    }


def account_rows(reading: Reading, whole: float) -> list[Row]:
    """Cycles per operation by mode, object and cause; entries of zero are left out."""
    totals = reading.account * whole
    return [
        {
            "mode": isa.MODES[mode],
            "object": reading.objects[obj],
            "cause": isa.CAUSES[cause],
            "cycles_per_operation": float(totals[mode, obj, cause] / reading.operations),
        }
        for mode, obj, cause in zip(*np.nonzero(totals), strict=True)
    ]
