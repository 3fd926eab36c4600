"""Cache lines: who holds them, and what it costs to get them.

A line has an owner (the core with the newest copy) and sharers. A load of a cached line is a hit;
a load miss fetches the line from its owner; a store or read-modify-write by anyone but the sole
holder transfers ownership and invalidates every other copy. Transfers of one line serialise:
each occupies it for a time that grows with distance. What waits for what follows measurements:
ownership transfers wait for each other; readers wait for them, and for the readers before them;
locked instructions wait for all; a plain *store* does not wait behind readers, nor behind locked
instructions that queue behind them (a lock release pays a flat cost while its waiters queue).

When a request finds the line busy, the order in which the machine serves the queue is unknown.
FIFO by arrival would lock the cores into one distance pattern, and cores that come back at once
into one order for ever: of two cores, the same would always be a few cycles too late for a lock.
So a queued transfer occupies the line for the *expected* occupancy from the requester to the
active cores, and if several wait, it takes as long as from any one of them, drawn anew each time:
who was served first need not be done first.

Where misses are broadcast, the line's home node serialises more: it reads its memory for one
request for data after another (of all its lines; an upgrade needs no data), and keeps a line locked
until every cache has answered, for readers and writers alike. Ownership costs that round trip even
if the owner is near; data from a near owner come sooner.

Not modelled: capacity evictions of these lines, and the way to the home node
(the owner's distance stands for both).
"""

from __future__ import annotations

import numpy as np

from sim.engine.compiled import inlined, natural
from sim.engine.isa import MASK_SHIFT, NO_MASK, NONE
from sim.engine.randomness import pick

MASK_CORES = (1 << MASK_SHIFT) - 1


@inlined
def is_cached(s, line, core):
    """True if the core holds a valid copy."""
    if s.lines[line].first_mask == NO_MASK:
        return s.lines[line].owner == core
    return (s.sharers[line, core >> MASK_SHIFT] >> (core & MASK_CORES)) & 1 == 1


@inlined
def set_bit(s, line, core):
    """Note a holder of a copy in the line's masks."""
    mask = natural(core) >> MASK_SHIFT
    s.sharers[line, mask] |= np.int64(1) << (core & MASK_CORES)
    s.lines[line].first_mask = min(s.lines[line].first_mask, mask)
    s.lines[line].last_mask = max(s.lines[line].last_mask, mask)


@inlined
def add_sharer(s, line, core):
    """Give the core a copy."""
    if not is_cached(s, line, core):
        owner = s.lines[line].owner
        if s.lines[line].first_mask == NO_MASK and owner != NONE:
            set_bit(s, line, owner)
        set_bit(s, line, core)
        s.lines[line].sharers += 1


@inlined
def make_sole_owner(s, line, core):
    """Invalidate every other copy."""
    if s.lines[line].first_mask != NO_MASK:
        for i in range(s.lines[line].first_mask, s.lines[line].last_mask + 1):
            s.sharers[line, natural(i)] = 0
        s.lines[line].first_mask, s.lines[line].last_mask = NO_MASK, NONE
    s.lines[line].sharers = 1
    s.lines[line].owner = core


@inlined
def fetch_cost(s, line, core):
    """Cycles of a transfer of the line to the core from its owner (or from memory)."""
    owner = s.lines[line].owner
    if owner == NONE:
        return s.distance.memory_cycles
    return s.distance.transfer[
        natural(s.cores[natural(owner)].package), natural(s.cores[core].package)
    ]


@inlined
def queued_fetch_cost(s, line, core, waits):
    """Cycles of a transfer that waits for a busy line: from whoever is served before it.

    That is the owner if nobody else waits, and any other core if several do.
    """
    package = natural(s.cores[core].package)
    if s.lines[line].owner == NONE or waits <= s.distance.expected_occupancy[package]:
        return fetch_cost(s, line, core)
    other = natural(pick(s.cores, core, s.distance.packages.size - 1))
    other += other >= core
    return s.distance.transfer[natural(s.distance.packages[other]), package]


@inlined
def occupancy(s, line, core, queued):
    """Cycles for which a transfer to the core keeps the line busy."""
    owner = s.lines[line].owner
    package = natural(s.cores[core].package)
    if owner == NONE:
        return s.distance.memory_cycles
    if queued:
        return s.distance.expected_occupancy[package]
    return s.distance.occupancy[natural(s.cores[natural(owner)].package), package]


@inlined
def ask_home(s, line, now, needs_data):
    """Broadcast: time at which the home node takes up a request and finds the line unlocked.

    The home reads its memory for every request for data, wherever the newest copy turns out to be.
    """
    start = now
    if needs_data:
        home = s.lines[line].home
        start = max(now, s.homes[home])
        s.homes[home] = start + s.distance.home_occupancy_cycles
    return max(start, s.lines[line].exclusive_until, s.lines[line].read_until)


@inlined
def read_by_broadcast(s, line, core, now):
    """Time at which the core has a readable copy, once all caches have been asked for it."""
    start = ask_home(s, line, now, True)
    done = start + fetch_cost(s, line, core)
    s.lines[line].read_until = start + occupancy(s, line, core, False)
    add_sharer(s, line, core)
    return done


@inlined
def read(s, line, core, now):
    """Time at which the core has a readable copy."""
    if is_cached(s, line, core):
        return now + s.distance.hit_cycles
    if s.distance.broadcast:
        return read_by_broadcast(s, line, core, now)
    start = max(now, s.lines[line].exclusive_until, s.lines[line].read_until)
    done = start + queued_fetch_cost(s, line, core, start - now)
    if s.lines[line].owner != NONE:
        s.lines[line].read_until = start + occupancy(s, line, core, start > now)
    add_sharer(s, line, core)
    return done


@inlined
def other_holder(s, line, core):
    """The one other core that holds or spins on a line; NONE if there are more."""
    cached = is_cached(s, line, core)
    spinners = s.lines[line].spinners
    spinner = s.lines[line].spin_head
    copies = s.lines[line].sharers - cached
    if spinners == 1 and is_cached(s, line, spinner):
        copies -= 1
    if copies + spinners != 1:
        return NONE
    if spinners == 1:
        return spinner
    if s.lines[line].first_mask == NO_MASK:
        return s.lines[line].owner
    for i in range(s.lines[line].first_mask, s.lines[line].last_mask + 1):
        mask = s.sharers[line, i]
        if cached and i == core >> MASK_SHIFT:
            mask ^= np.int64(1) << (core & MASK_CORES)
        if mask != 0:
            other = i << MASK_SHIFT
            while mask & 1 == 0:
                mask >>= 1
                other += 1
            return other
    return NONE


@inlined
def invalidation_cost(s, line, core):
    """Cycles to tell the other holders of a line that the core has a copy of: to the farthest."""
    other = other_holder(s, line, core)
    if other == NONE:
        return s.distance.farthest_invalidation[natural(s.cores[core].package)]
    return s.distance.invalidation[
        natural(s.cores[core].package), natural(s.cores[natural(other)].package)
    ]


@inlined
def own_by_broadcast(s, line, core, now):
    """Time at which the core is the sole owner, once all caches have answered."""
    cached = is_cached(s, line, core)
    start = ask_home(s, line, now, not cached)
    if s.lines[line].sharers + s.lines[line].spinners == 0:
        cost = s.distance.memory_cycles
    else:
        cost = invalidation_cost(s, line, core)
        if not cached:
            cost = max(cost, fetch_cost(s, line, core))
    s.lines[line].exclusive_until = start + cost + s.distance.completion_cycles
    make_sole_owner(s, line, core)
    return start + cost


@inlined
def own(s, line, core, now, locked):
    """Time at which the core is the sole owner; a locked instruction waits for readers, too."""
    cached = is_cached(s, line, core)
    if cached and s.lines[line].sharers + s.lines[line].spinners == 1:
        s.lines[line].owner = core
        return now + s.distance.hit_cycles
    if s.distance.broadcast:
        return own_by_broadcast(s, line, core, now)
    start = max(now, s.lines[line].exclusive_until)
    behind_readers = locked and max(s.lines[line].read_until, s.lines[line].queued_until) > start
    if behind_readers:
        start = max(s.lines[line].read_until, s.lines[line].queued_until)
    if cached:  # an upgrade: no data moves; the line is busy until all others have been told
        cost = invalidation_cost(s, line, core)
        busy = cost
    else:
        cost = queued_fetch_cost(s, line, core, start - now)
        busy = occupancy(s, line, core, start > now)
    if behind_readers:
        s.lines[line].queued_until = start + max(busy, cost)
    else:
        s.lines[line].exclusive_until = start + busy
    make_sole_owner(s, line, core)
    return start + cost
