"""Naive FIFO: a contended line as a server that is first come, first served, and nothing else.

The baseline of microbenchmarks in which all cores want one thing: a lock, a counter, a line. It
knows the machine's latencies, and nothing of its coherence, of how a lock waits, or of packages: a
core is served for as long as it holds the thing, and as each line that goes with it takes from one
active core to another, on average over all pairs. With service S, private work Z between two
requests, and n cores:

    throughput of a core  =  1 / max(Z + S, n S)           it thinks, or it waits for all others
    latency               =  max(Z + S, n S) - Z
    mean latency, if all ask at once  =  (n + 1) / 2  S

What the simulator says beyond it is what its mechanisms are for. The configuration beside a run's
results says it (`naive_fifo`), and the analysis judges it on published points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sim.machine.coherence import expected_over_others
from sim.machine.site import open_site

if TYPE_CHECKING:
    from sim.config.run import RunConfig
    from sim.machine.settings.hardware import Hardware
    from sim.workload.settings import Turn

LATENCY = "latency_mean_cycles"
COLUMNS: Mapping[str, Callable[[float, int], float]] = {
    "throughput": lambda seconds, cores: cores / seconds,
    "throughput_per_core": lambda seconds, cores: 1 / seconds,
    "user_us": lambda seconds, cores: 1e6 * seconds,
}
"""Columns of results, from the seconds between two services of a core and the number of cores."""


def naive_fifo(config: RunConfig) -> dict[str, dict[str, float]]:
    """What columns of results would be, each by core count; empty where not all want one thing.

    It says nothing of one core alone, to which no line has to come.
    """
    turn, hardware = config.workload.turn, config.hardware
    if turn is None:
        return {}
    found: dict[str, dict[str, float]] = {}
    for cores in config.core_counts:
        if cores > 1:
            transfer = mean_transfer(hardware, cores, config.core_order)
            for column, value in served(turn, transfer, cores, hardware.clock_ghz * 1e9).items():
                found.setdefault(column, {})[str(cores)] = value
    return found


def served(turn: Turn, transfer: float, cores: int, hz: float) -> dict[str, float]:
    """What columns of results would be of a server that all cores come back to.

    Args:
        turn: what a core does with it.
        transfer: cycles in which a line reaches the next one.
        cores: that come, at least two.
        hz: cycles in a second.
    """
    service = turn.hold_cycles + turn.lines * transfer
    if turn.think_cycles is None:
        return {LATENCY: (cores + 1) / 2 * service}
    between = max(turn.think_cycles + service, cores * service)
    rates = {column: value(between / hz, cores) for column, value in COLUMNS.items()}
    return rates | {LATENCY: between - turn.think_cycles}


def mean_transfer(hardware: Hardware, cores: int, order: str) -> float:
    """Cycles for a line from one of some active cores to another, on average over the pairs."""
    site = open_site(hardware, cores, order)
    places = site.distance.packages
    return float(expected_over_others(site.distance.transfer, places)[places].mean())
