"""The account: every cycle of every core, charged to (mode, object, cause).

Time whose length is known when it begins is collected as *segments* since the core's last event;
time of unknown length (spinning, idling) is an open *wait*. Both are settled at the core's next
event, so that the measured window can open and close at any event of any core and still cut every
core's time exactly: the cycles of each core sum to the length of the window.
"""

from __future__ import annotations

from sim.engine.compiled import compiled, inlined, natural
from sim.engine.isa import NONE


@inlined
def charge(cores, charges, core, key, cycles):
    """Collect cycles that the core spends from the end of its last segment on."""
    n = natural(cores[core].segments)
    charges[core, n].key = key
    charges[core, n].cycles = cycles
    cores[core].segments = n + 1


@inlined
def settle(cores, charges, account, core, now):
    """At an event of a core: book its collected segments and its open wait, if any."""
    for i in range(cores[core].segments):
        account[core, natural(charges[core, i].key)] += charges[core, i].cycles
    cores[core].segments = 0
    if cores[core].wait_from != NONE:
        account[core, natural(cores[core].wait_key)] += max(now - cores[core].wait_from, 0)
        cores[core].wait_from = NONE
    cores[core].start = now


@compiled
def open_window(cores, charges, account, now):
    """Forget all cycles before `now`, cutting segments and waits that span it."""
    account[:, :] = 0
    for core in range(cores.size):
        at = cores[core].start
        for i in range(cores[core].segments):
            end = at + charges[core, i].cycles
            charges[core, i].cycles = max(end - max(at, now), 0)
            at = end
        cores[core].start = max(cores[core].start, now)
        if cores[core].wait_from != NONE:
            cores[core].wait_from = max(cores[core].wait_from, now)


@compiled
def close_window(cores, charges, account, now):
    """Book what lies before `now` of the segments and waits still open."""
    for core in range(cores.size):
        at = cores[core].start
        for i in range(cores[core].segments):
            end = at + charges[core, i].cycles
            account[core, charges[core, i].key] += max(min(end, now) - at, 0)
            at = end
        if cores[core].wait_from != NONE:
            account[core, cores[core].wait_key] += max(now - cores[core].wait_from, 0)
