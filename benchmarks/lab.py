"""`python -m benchmarks.lab`: how long a change in the lab takes until its curve is there.

From the moment that the page's request has arrived until the message with the curve's last sketched
point is handed to its socket: composing, simulating with two workers, and making the charts. What
the browser adds is drawing them, a tenth of a second or less.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import Any

from lab.entry import work
from lab.pool import Pool
from lab.published import Library
from lab.server import workers
from lab.session import Lab, Tab
from lab.state import State
from lab.store import Store

CHANGES: tuple[dict[str, str], ...] = (
    {"do": "set", "key": "kernel.fix.vfsmount_table", "value": "true"},
    {"do": "set", "key": "kernel.locks.spin", "value": "mcs"},
    {"do": "set", "key": "hardware.coherence.hop_cycles", "value": "200"},
    {"do": "set", "key": "workload.path_lookups", "value": "9"},
    {"do": "set", "key": "kernel", "value": "linux_pk"},
    {"do": "set", "key": "workload", "value": "memcached"},
    {"do": "set", "key": "workload", "value": "postgres"},
    {"do": "set", "key": "workload", "value": "gmake"},
    {"do": "set", "key": "workload", "value": "micro/lock"},
    {"do": "set", "key": "hardware", "value": "xeon_2x10"},
)
"""One after the other, on Exim and the stock kernel at first."""

GOAL_SECONDS = 1.5


@dataclass(frozen=True)
class Change:
    """A change, and the seconds until its first curve was there."""

    what: str
    seconds: float


async def measured(first: tuple[str, ...] = ("kernel=linux_stock",)) -> list[Change]:
    """Make each change, and wait for its curve.

    Args:
        first: words of the curve that is changed.
    """
    store, arrived = Store(), asyncio.Event()
    latest: dict[str, Any] = {}

    async def send(name: str, content: Any) -> None:
        if name == "results":
            latest.update(content)
            arrived.set()

    pool = Pool(workers(), store, lambda *_: tab.told(), work)
    lab = Lab(pool, store, Library([]), (), State((first,)))
    tab = Tab(lab, send)
    pool.start()
    try:
        await tab.open("")
        await _until(arrived, latest, curve_alone=False)
        found = []
        for change in CHANGES:
            start = time.perf_counter()
            answer = await tab.act(change)
            assert "refused" not in answer, answer
            latest.clear()
            await _until(arrived, latest)
            what = f"{change['key']}={change['value']}"
            found.append(Change(what, time.perf_counter() - start))
    finally:
        tab.close()
        await pool.stop()
    return found


async def _until(
    arrived: asyncio.Event, latest: dict[str, Any], *, curve_alone: bool = True
) -> None:
    """Wait for a message with all sketched points; or for one after which nothing is left."""
    while True:
        await arrived.wait()
        arrived.clear()
        steps = latest.get("progress", [])
        steps = steps[:1] if curve_alone else steps
        if steps and all(step["done"] == step["all"] for step in steps):
            return


def main() -> int:
    """Print the table; 1 if a change takes longer than it should."""
    print(f"load of this machine: {os.getloadavg()[0]:.1f}, workers: {workers()}", file=sys.stderr)
    found = asyncio.run(measured())
    for change in found:
        print(f"{change.seconds:5.2f} s  {change.what}")
    seconds = [change.seconds for change in found]
    print(f"median {median(seconds):.2f} s, longest {max(seconds):.2f} s, goal {GOAL_SECONDS} s")
    return int(max(seconds) > GOAL_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
