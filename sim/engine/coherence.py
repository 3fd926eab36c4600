"""Cache lines: who holds them, and what it costs to get them.

A line has an owner (the core with the newest copy) and sharers. A load of a cached line is a hit;
a load miss fetches the line from its owner; a store or read-modify-write by anyone but the sole
holder transfers ownership and invalidates every other copy. Transfers of one line serialise:
each occupies it for a time that grows with distance. What waits for what follows measurements:
ownership transfers wait for each other; readers wait for them, and for the readers before them;
locked instructions wait for all; a plain *store* does not wait behind readers, nor behind locked
instructions that queue behind them (a lock release pays a flat cost while its waiters queue).
Nobody waits for readers that ask later: spinners that a write still on its way will send to fetch
the line again (`read_from`) queue behind whoever has asked before that write is done. A store may
wait for its line in the store buffer while its core goes on (POST); what the core then writes to
that line is done when it has arrived (`arrives`).

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

Machines differ in conventions, each a field of `Distance`. Reads of one package may share a fetch
(an inclusive last-level cache); a locked instruction may be executed where the line is, which then
does not move (far atomics); a busy line may stay in its package more often than at random; a store
may be seen only when the reads that queued before it are over (a directory that serves in order);
and an access may take effect when the line has arrived rather than when it is asked for
(machine.py: bring). None of them is on unless the machine's file says so.

The functions take the arrays that they use one by one, and not the state that holds them: with the
state, uncontended atomics on 8 cores took 6 % longer.

Not modelled: capacity evictions of these lines, and the way to the home node
(the owner's distance stands for both).
"""

from __future__ import annotations

import numpy as np

from sim.engine.compiled import compiled, inlined, natural
from sim.engine.isa import MASK_SHIFT, NO_MASK, NONE
from sim.engine.randomness import pick

MASK_CORES = (1 << MASK_SHIFT) - 1


@inlined
def is_cached(lines, sharers, line, core):
    """True if the core holds a valid copy."""
    if lines[line].first_mask == NO_MASK:
        return lines[line].owner == core
    return (sharers[line, core >> MASK_SHIFT] >> (core & MASK_CORES)) & 1 == 1


@inlined
def set_bit(lines, sharers, line, core):
    """Note a holder of a copy in the line's masks."""
    mask = natural(core) >> MASK_SHIFT
    sharers[line, mask] |= np.int64(1) << (core & MASK_CORES)
    lines[line].first_mask = min(lines[line].first_mask, mask)
    lines[line].last_mask = max(lines[line].last_mask, mask)


@inlined
def add_sharer(lines, sharers, line, core):
    """Give the core a copy."""
    if not is_cached(lines, sharers, line, core):
        owner = lines[line].owner
        if lines[line].first_mask == NO_MASK and owner != NONE:
            set_bit(lines, sharers, line, owner)
        set_bit(lines, sharers, line, core)
        lines[line].sharers += 1


@inlined
def make_sole_owner(lines, sharers, line, core):
    """Invalidate every other copy."""
    if lines[line].first_mask != NO_MASK:
        for i in range(lines[line].first_mask, lines[line].last_mask + 1):
            sharers[line, natural(i)] = 0
        lines[line].first_mask, lines[line].last_mask = NO_MASK, NONE
    lines[line].sharers = 1
    lines[line].owner = core
    lines[line].version += 1


@inlined
def fetch_cost(cores, lines, distance, line, core):
    """Cycles of a transfer of the line to the core from its owner (or from memory)."""
    owner = lines[line].owner
    if owner == NONE:
        return distance.memory_cycles
    return distance.transfer[natural(cores[natural(owner)].package), natural(cores[core].package)]


@inlined
def queued_fetch_cost(cores, lines, distance, line, core, waits):
    """Cycles of a transfer that waits for a busy line: from whoever is served before it.

    That is the owner if nobody else waits, and any other core if several do.
    """
    package = natural(cores[core].package)
    if lines[line].owner == NONE or waits <= distance.expected_occupancy[package]:
        return fetch_cost(cores, lines, distance, line, core)
    if distance.local_preference > 0 and pick(cores, core, 1 << 16) < distance.local_preference:
        return distance.near_transfer[package]
    other = natural(pick(cores, core, distance.packages.size - 1))
    other += other >= core
    return distance.transfer[natural(distance.packages[other]), package]


@inlined
def occupancy(cores, lines, distance, line, core, queued):
    """Cycles for which a transfer to the core keeps the line busy."""
    owner = lines[line].owner
    package = natural(cores[core].package)
    if owner == NONE:
        return distance.memory_cycles
    if queued:
        return distance.expected_occupancy[package]
    return distance.occupancy[natural(cores[natural(owner)].package), package]


@inlined
def ask_home(lines, homes, distance, line, now, needs_data):
    """Broadcast: time at which the home node takes up a request and finds the line unlocked.

    The home reads its memory for every request for data, wherever the newest copy turns out to be.
    """
    start = now
    if needs_data:
        home = lines[line].home
        start = max(now, homes[home])
        homes[home] = start + distance.home_occupancy_cycles
    return max(start, lines[line].exclusive_until, lines[line].read_until)


@inlined
def read_by_broadcast(cores, lines, sharers, homes, distance, line, core, now):
    """Time at which the core has a readable copy, once all caches have been asked for it.

    Arrays one by one: with the state record, atomics on few cores were slower.
    """
    start = ask_home(lines, homes, distance, line, now, True)
    done = start + fetch_cost(cores, lines, distance, line, core)
    lines[line].read_until = start + occupancy(cores, lines, distance, line, core, False)
    add_sharer(lines, sharers, line, core)
    return done


@compiled
def shared_fetch(cores, lines, sharers, fetches, distance, line, core, now):
    """Time at which the core has what another one of its package has fetched; NONE: nobody has.

    The reads of a package wait for each other and for the fetch, not for those of other packages.
    """
    package = natural(cores[core].package)
    group = natural(distance.groups[package])
    if fetches[line, group].version != lines[line].version:
        return NONE
    start = max(now, fetches[line, group].free_at)
    fetches[line, group].free_at = start + distance.combined_read_cycles
    add_sharer(lines, sharers, line, core)
    return max(start, now + distance.near_transfer[package])


@inlined
def read(cores, lines, sharers, fetches, homes, distance, line, core, now):
    """Time at which the core has a readable copy.

    Arrays one by one: with the state record, atomics on few cores were slower.
    """
    if is_cached(lines, sharers, line, core):
        return now + distance.hit_cycles
    if distance.broadcast:
        return read_by_broadcast(cores, lines, sharers, homes, distance, line, core, now)
    if distance.combined_read_cycles >= 0:
        done = shared_fetch(cores, lines, sharers, fetches, distance, line, core, now)
        if done != NONE:
            return done
    done = fetch(cores, lines, sharers, distance, line, core, now)
    if distance.combined_read_cycles >= 0:
        group = natural(distance.groups[natural(cores[core].package)])
        fetches[line, group].version = lines[line].version
        fetches[line, group].free_at = done
    return done


@inlined
def fetch(cores, lines, sharers, distance, line, core, now):
    """Time at which the core has a copy of its own, fetched from the line's owner."""
    start = max(now, lines[line].exclusive_until, lines[line].read_until)
    done = start + queued_fetch_cost(cores, lines, distance, line, core, start - now)
    if lines[line].owner != NONE:
        lines[line].read_until = start + occupancy(cores, lines, distance, line, core, start > now)
    add_sharer(lines, sharers, line, core)
    return done


@inlined
def other_holder(cores, lines, sharers, line, core):
    """The one other core that holds or spins on a line; NONE if there are more."""
    cached = is_cached(lines, sharers, line, core)
    spinners = lines[line].spinners
    spinner = lines[line].spin_head
    copies = lines[line].sharers - cached
    if spinners == 1 and is_cached(lines, sharers, line, spinner):
        copies -= 1
    if copies + spinners != 1:
        return NONE
    if spinners == 1:
        return spinner
    if lines[line].first_mask == NO_MASK:
        return lines[line].owner
    for i in range(lines[line].first_mask, lines[line].last_mask + 1):
        mask = sharers[line, i]
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
def invalidation_cost(cores, lines, sharers, distance, line, core):
    """Cycles to tell the other holders of a line that the core has a copy of: to the farthest."""
    other = other_holder(cores, lines, sharers, line, core)
    if other == NONE:
        return distance.farthest_invalidation[natural(cores[core].package)]
    return distance.invalidation[
        natural(cores[core].package), natural(cores[natural(other)].package)
    ]


@inlined
def own_by_broadcast(cores, lines, sharers, homes, distance, line, core, now):
    """Time at which the core is the sole owner, once all caches have answered.

    Arrays one by one: with the state record, atomics on few cores were slower.
    """
    cached = is_cached(lines, sharers, line, core)
    start = ask_home(lines, homes, distance, line, now, not cached)
    if lines[line].sharers + lines[line].spinners == 0:
        cost = distance.memory_cycles
    else:
        cost = invalidation_cost(cores, lines, sharers, distance, line, core)
        if not cached:
            cost = max(cost, fetch_cost(cores, lines, distance, line, core))
    lines[line].exclusive_until = start + cost + distance.completion_cycles
    make_sole_owner(lines, sharers, line, core)
    return start + cost


@inlined
def own(cores, lines, sharers, homes, distance, line, core, now, locked):
    """Time at which the core is the sole owner; a locked instruction waits for readers, too.

    Arrays one by one: with the state record, atomics on few cores were slower.
    """
    cached = is_cached(lines, sharers, line, core)
    if cached and lines[line].sharers + lines[line].spinners == 1:
        lines[line].owner = core
        return max(now, lines[line].arrives) + distance.hit_cycles
    if distance.broadcast:
        return own_by_broadcast(cores, lines, sharers, homes, distance, line, core, now)
    start = max(now, lines[line].exclusive_until)
    waits = locked or distance.stores_wait != 0
    queued = lines[line].queued_until
    if now >= lines[line].read_from:
        queued = max(queued, lines[line].read_until)
    behind_readers = waits and queued > start
    if behind_readers:
        start = queued
    if cached:  # an upgrade: no data moves; the line is busy until all others have been told
        cost = invalidation_cost(cores, lines, sharers, distance, line, core)
        busy = cost
    else:
        cost = queued_fetch_cost(cores, lines, distance, line, core, start - now)
        busy = occupancy(cores, lines, distance, line, core, start > now)
    if behind_readers:
        busy = max(busy, cost)
    if locked and distance.atomic_occupancy_cycles >= 0:
        busy, cost = distance.atomic_occupancy_cycles, distance.atomic_transfer_cycles
    if behind_readers:
        lines[line].queued_until = start + busy
    else:
        lines[line].exclusive_until = start + busy
    make_sole_owner(lines, sharers, line, core)
    return start + cost
