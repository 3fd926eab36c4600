"""Threads on cores: run queues, sleeping and waking.

Each core runs its ready threads in FIFO order, without preemption: a thread leaves its core when
it parks, ends or yields. Idle time is charged to the object that the core's last thread sleeps
on. Switching to another thread costs a context switch of system time.
"""

from __future__ import annotations

from sim.engine.account import charge
from sim.engine.compiled import compiled, inlined, natural
from sim.engine.isa import NONE, PACE_BITS, PARKED, READY, RUNS
from sim.engine.records import NEVER
from sim.engine.tournament import put, schedule


@inlined
def paced(cores, core, cycles):
    """Cycles that work of so many takes on a core.

    A hardware thread whose neighbour has nothing to do has the core alone; what one that spins
    leaves of the core is the machine's.
    """
    pace = cores[core].pace
    if pace < 0:
        other = natural(cores[core].neighbour)
        if cores[other].thread == NONE:
            pace = cores[core].pace_alone
        elif cores[other].spin_line != NONE:
            pace = cores[core].pace_beside_spinner
        else:
            pace = -pace
    return (cycles * pace) >> PACE_BITS


@compiled
def enqueue(s, core, thread):
    """Append a ready thread to its core's run queue."""
    s.threads[thread].state = READY
    s.threads[thread].next = NONE
    if s.cores[core].head == NONE:
        s.cores[core].head = thread
    else:
        s.threads[s.cores[core].tail].next = thread
    s.cores[core].tail = thread


@compiled
def dispatch(s, core, now, switch_key):
    """Run the next ready thread of a core, or idle until one is ready; returns the new time.

    The returned time is NONE if the core now idles.
    """
    thread = s.cores[core].head
    if thread == NONE or s.threads[thread].ready_at > now:
        s.cores[core].thread = NONE
        s.cores[core].wait_from = now
        s.cores[core].wait_key = s.cores[core].idle_key
        if thread == NONE:
            put(s.tree, core, NEVER)
        else:
            schedule(s.tree, core, s.threads[thread].ready_at)
        return NONE
    s.cores[core].head = s.threads[thread].next
    if s.cores[core].head == NONE:
        s.cores[core].tail = NONE
    s.threads[thread].state = RUNS
    s.cores[core].thread = thread
    cost = paced(s.cores, core, s.distance.context_switch_cycles) if now > 0 else 0
    charge(s.cores, s.charges, core, switch_key, cost)
    s.cores[core].since = now + cost
    return now + cost


@compiled
def park(s, thread, line, address):
    """Put a running thread to sleep on a word."""
    s.threads[thread].state = PARKED
    s.threads[thread].parked_on = address
    s.threads[thread].next = NONE
    if s.lines[line].park_head == NONE:
        s.lines[line].park_head = thread
    else:
        s.threads[s.lines[line].park_tail].next = thread
    s.lines[line].park_tail = thread


@compiled
def wake(s, line, address, limit, ready_at):
    """Wake up to `limit` threads that sleep on a word, the longest sleeper first."""
    previous = NONE
    thread = s.lines[line].park_head
    while thread != NONE and limit > 0:
        following = s.threads[thread].next
        if s.threads[thread].parked_on == address:
            if previous == NONE:
                s.lines[line].park_head = following
            else:
                s.threads[previous].next = following
            if following == NONE:
                s.lines[line].park_tail = previous
            core = s.threads[thread].core
            s.threads[thread].parked_on = NONE
            s.threads[thread].ready_at = ready_at
            first = s.cores[core].head == NONE
            enqueue(s, core, thread)
            if first and s.cores[core].thread == NONE:
                schedule(s.tree, core, ready_at)
            limit -= 1
        else:
            previous = thread
        thread = following
