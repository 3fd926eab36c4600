"""About how much memory and time a run will take, from its settings alone: before the work.

Memory is the arrays of the engine, whose shapes are known, and what was measured for the rest: the
process with its imports, a configuration, a row of results. It is meant to be an upper bound. Time
is the active cores of all points, times what one took on average per operation of its run level:
the papers' curves lie within a factor of eight of that, large machines and long operations take
longer. Both were measured at 2.5 GHz. What a program needs is known when it is built; the parts of
it that grow with the machine are estimated here, and the program itself is checked before its
arrays are made (`sim.point`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.config.run import RunConfig
    from sim.machine.settings.hardware import Topology

GIB = 1 << 30

PROCESS_BYTES = 270e6
"""Python with everything that a run imports, and the compiled engine."""
CONFIGURATION_BYTES = 330e3
"""One composed configuration: a curve of a sweep, or a variant of a curve."""
POINT_BYTES = 25e3
"""Rows of results and of the account of one point."""
MATRICES = 8
"""Matrices of 64-bit costs between all dies, while a machine's are computed."""
CORE_BYTES = 50e3
"""A core's records, its part of the account, and its instructions where programs have some for it:
those of the programs with barriers, the longest ones, on 4,096 cores."""
ROW_BYTES = 500
"""An instruction of a program, while it is written and once it is assembled."""
LINE_BYTES = 208
"""A cache line's record, its words and its home, without its masks of sharers."""
THREAD_BYTES = 400
"""A thread's record, its registers and its entry."""
LATENCY_BYTES = 24
"""An operation's latency, a copy to find the percentiles in, and when it was completed."""
TRACE_BYTES = {".parquet": 200, ".json": 180, ".pftrace": 180}
"""A record of a trace, and what it is written from."""

CURVE_SECONDS = 0.25
"""Start of one curve's job."""
POINT_SECONDS = 5.6e-6
"""One active core of one point, per operation of the run level."""
RECORD_SECONDS = 80e-6
"""A record of a trace, traced and written."""

Parts = Counter[str]
"""Bytes, or seconds, of each part of some work, by what it is called in a message."""


def settings(count: int) -> Parts:
    """Bytes that a process needs to hold some configurations."""
    return Parts(
        {
            "the process itself": round(PROCESS_BYTES),
            f"{count:,} combinations of settings": round(count * CONFIGURATION_BYTES),
        }
    )


def results(configs: Sequence[RunConfig]) -> int:
    """Bytes of the results of a curve, from the configurations of itself and of its variants."""
    points = sum(len(config.core_counts) * config.run.replications for config in configs)
    return round(points * POINT_BYTES)


def memory(config: RunConfig, cores: int) -> Parts:
    """Bytes that one core count of a curve needs while it is simulated."""
    operations = operations_of(config, cores)
    return Parts(
        {
            "the process itself": round(PROCESS_BYTES),
            f"latencies of {operations:,} operations": operations * LATENCY_BYTES,
            f"records of {cores:,} cores": round(cores * CORE_BYTES),
        }
    ) + machine(config.hardware.topology)


def machine(topology: Topology) -> Parts:
    """Bytes of the costs between all parts of a machine."""
    dies = topology.dies
    return Parts({f"distances between {dies:,} dies": MATRICES * 8 * dies**2})


def program(rows: int, lines: int, threads: int, cores: int) -> Parts:
    """Bytes of a program that has been built, and of the state that it runs in."""
    masks = -(-cores // 64)
    return Parts(
        {
            f"a program of {rows:,} instructions": rows * ROW_BYTES,
            f"{lines:,} cache lines": lines * (LINE_BYTES + 8 * masks),
            f"{threads:,} threads": threads * THREAD_BYTES,
        }
    )


def operations_of(config: RunConfig, cores: int) -> int:
    """Operations inside the window of a point."""
    if config.workload.batch:
        return config.run.jobs
    return config.measured_operations(cores)


def seconds(configs: Sequence[RunConfig]) -> float:
    """Processor time of a curve, from the configurations of itself and of its variants."""
    return CURVE_SECONDS + sum(map(_points_seconds, configs))


def _points_seconds(config: RunConfig) -> float:
    run = config.run
    active = sum(config.core_counts) * run.replications
    return POINT_SECONDS * active * (run.operations + run.warmup_operations)


def too_much(parts: Parts, limit_gib: float) -> tuple[str, ...]:
    """Say, in the lines of a message, that some work needs more memory than is allowed; or not."""
    total = parts.total()
    if total <= limit_gib * GIB:
        return ()
    largest, most = parts.most_common(1)[0]
    return (
        f"about {in_gib(total)} GiB of memory would be needed, {in_gib(most)} of it for "
        f"{largest}; limits.memory_gib is {limit_gib:g}",
        f"to allow it: limits.memory_gib={-(-total // GIB):.0f}",
    )


def too_long(needed: float, hours: float) -> tuple[str, ...]:
    """Say, in the lines of a message, that some work takes longer than is allowed; or not."""
    if needed <= hours * 3600:
        return ()
    estimated = needed / 3600
    return (
        f"about {estimated:,.3g} hours of processor time would be needed; limits.hours is "
        f"{hours:g}",
        "a rough estimate: active cores of all points x operations x "
        f"{POINT_SECONDS * 1e6:g} us, as measured on the papers' curves",
        f"to allow it: limits.hours={max(-(-estimated // 1), 0.001):.0f}",
    )


def in_gib(number: float) -> str:
    """Write bytes in GiB, to a digit or two."""
    return f"{number / GIB:,.1f}"
