"""Spinning cores: who waits for a line, and what a write to it does to them.

A write invalidates every spinner's copy; all of them fetch the line again, one after another, in
an order that the machine chooses (random). Spinners of `AWAIT` and `AWAIT_CHANGE` each do so in
an event of their own. Spinners of `AWAIT_TURN` wait for values of which each is awaited by one
core (the tickets of a ticket lock): only the core whose turn has come takes an event, at a random
place in the sweep, and the rest of the sweep only keeps the line's readers busy. A release then
costs one event however many cores wait; a test compares both ways of waiting.
"""

from __future__ import annotations

from sim.engine.coherence import add_sharer
from sim.engine.compiled import compiled, inlined
from sim.engine.isa import CORE_BITS, NONE
from sim.engine.randomness import draw
from sim.engine.tournament import schedule

# Cycles per spinner over which refetches are scattered, to make their order random: small beside
# any transfer, large enough that ties, which go to the lower core number, are rare.
ARBITRATION = 8


@inlined
def join_spinners(s, core, line, address, value, turn, ready):
    """Append a core to the spinners of a line."""
    s.cores[core].spin_line = line
    s.cores[core].spin_address = address
    s.cores[core].spin_value = value
    s.cores[core].spin_turn = turn
    s.cores[core].spin_ready = ready
    s.cores[core].spin_next = NONE
    s.cores[core].spin_previous = s.lines[line].spin_tail
    if s.lines[line].spin_tail == NONE:
        s.lines[line].spin_head = core
    else:
        s.cores[s.lines[line].spin_tail].spin_next = core
    s.lines[line].spin_tail = core
    s.lines[line].spinners += 1


@inlined
def leave_spinners(s, core):
    """Remove a core from the spinners of its line, if it spins."""
    line = s.cores[core].spin_line
    if line != NONE:
        before, after = s.cores[core].spin_previous, s.cores[core].spin_next
        if before == NONE:
            s.lines[line].spin_head = after
        else:
            s.cores[before].spin_next = after
        if after == NONE:
            s.lines[line].spin_tail = before
        else:
            s.cores[after].spin_previous = before
        s.lines[line].spinners -= 1
        s.cores[core].spin_line = NONE


@inlined
def pass_turn(s, line, address, writer, thread, done):
    """Let the one spinner whose turn has come see it, at a random place of the sweep."""
    waiting = s.lines[line].spinners
    package = s.cores[writer].package
    step = s.distance.expected_occupancy[package]
    begin = max(done, s.lines[line].exclusive_until)
    combined = s.distance.combined_read_cycles >= 0
    fetches = min(waiting, s.distance.active_packages) if combined else waiting
    core = NONE
    if s.cores[s.lines[line].spin_head].spin_address == address:
        core = s.lines[line].spin_head
        while core != NONE and s.words[address] != s.cores[core].spin_value:
            core = s.cores[core].spin_next
    if core != NONE:
        cost = s.distance.transfer[package, s.cores[core].package]
        wait = draw(s.threads, thread, fetches) * step
        if combined:
            wait += draw(s.threads, thread, waiting) // fetches * s.distance.combined_read_cycles
        leave_spinners(s, core)
        add_sharer(s.lines, s.sharers, line, core)
        s.cores[core].passed = 1
        schedule(s.tree, core, max(s.cores[core].spin_ready, begin + wait + cost))
        s.lines[line].read_until = begin + fetches * step
        s.lines[line].read_from = begin
    elif (
        s.distance.stores_wait != 0 or s.lines[line].queued_until < done
    ):  # else it waited for a sweep that is not over
        s.lines[line].read_until = begin + fetches * step
        s.lines[line].read_from = begin


@compiled
def refetch_all(s, line, thread, done):
    """Let every spinner fetch the line by itself, in random order.

    Fetches that still queue when the write is done start over with the others: the machine's
    order among them is random at every write. Until it fetches, a spinner stays one, and a
    write that is done earlier lets it fetch earlier.
    """
    leaves = s.tree.size // 2
    core = s.lines[line].spin_head
    while core != NONE:
        again = done + draw(s.threads, thread, ARBITRATION * s.lines[line].spinners)
        late = s.cores[core].spin_ready - again
        if late > 0:
            s.charges[core, s.cores[core].segments - 1].cycles -= late
            s.cores[core].spin_ready = again
            s.cores[core].wait_from = again
        schedule(s.tree, core, min(again, s.tree[leaves + core] >> CORE_BITS))
        core = s.cores[core].spin_next
    s.lines[line].read_until = min(s.lines[line].read_until, done)


@inlined
def notify_spinners(s, line, address, writer, thread, done):
    """After a write to a word that is visible at `done`: let the line's spinners see it.

    `thread` is the writer's: its random stream chooses the order. Spinners of `AWAIT_TURN` do not
    share a line with other spinners.
    """
    head = s.lines[line].spin_head
    if head != NONE:
        if s.cores[head].spin_turn == 1:
            pass_turn(s, line, address, writer, thread, done)
        else:
            refetch_all(s, line, thread, done)
