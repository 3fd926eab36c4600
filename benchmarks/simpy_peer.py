"""The same two models as SimPy processes: one per core, a time-out for each stall.

Written to be fast within SimPy: plain integers, no resources or conditions, private work merged
into the time-out before it as the engine merges it, and waiters of the lock woken by one event that
already lies at the right time. Costs and rules of a line are those of sim/engine/coherence.py for a
machine with a directory. Random numbers are Python's, so the results agree statistically.
"""

from __future__ import annotations

import random
import time
from collections.abc import Generator
from itertools import count

import simpy

from benchmarks.engine import SEED
from benchmarks.models import HOLD_CYCLES, THINK_CYCLES, Model
from benchmarks.peers import Run

NOBODY = -1
Process = Generator[simpy.Event, None, None]


class Line:
    """A cache line: who holds it, and until when it is busy."""

    __slots__ = ("exclusive_until", "owner", "queued_until", "read_until", "sharers")

    def __init__(self) -> None:
        self.owner = NOBODY
        self.sharers: set[int] = set()
        self.exclusive_until = self.read_until = self.queued_until = 0


class Machine:
    """Costs between cores, the clock, and the count of operations."""

    def __init__(self, model: Model, operations: int) -> None:
        d = model.site.distance
        self.env = simpy.Environment()
        self.package = list(model.site.dies)
        self.transfer = d.transfer.tolist()
        self.invalidation = d.invalidation.tolist()
        self.farthest = d.farthest_invalidation.tolist()
        self.occupancy = d.occupancy.tolist()
        self.expected = d.expected_occupancy.tolist()
        self.memory, self.hit, self.locked = d.memory_cycles, d.hit_cycles, d.locked_cycles
        self.window = model.window(operations)
        self.random = random.Random(SEED)
        self.done = 0
        self.opened = self.closed = 0
        self.finished = self.env.event()

    def complete(self) -> None:
        """Count an operation."""
        self.done += 1
        if self.done == self.window.warmup_operations:
            self.opened = self.env.now
        elif self.done == self.window.warmup_operations + self.window.operations:
            self.closed = self.env.now
            self.finished.succeed()

    def fetch(self, line: Line, core: int) -> int:
        """Cycles of a transfer to the core."""
        if line.owner == NOBODY:
            return self.memory
        return self.transfer[self.package[line.owner]][self.package[core]]

    def busy(self, line: Line, core: int, queued: bool) -> int:
        """Cycles for which that transfer keeps the line busy."""
        if line.owner == NOBODY:
            return self.memory
        if queued:
            return self.expected[self.package[core]]
        return self.occupancy[self.package[line.owner]][self.package[core]]

    def read(self, line: Line, core: int) -> int:
        """Time at which the core has a copy."""
        now = self.env.now
        if core in line.sharers:
            return now + self.hit
        start = max(now, line.exclusive_until, line.read_until)
        done = start + self.fetch(line, core)
        if line.owner != NOBODY:
            line.read_until = start + self.busy(line, core, start > now)
        line.sharers.add(core)
        return done

    def invalidate(self, line: Line, core: int, spinners: dict[int, Waiter]) -> int:
        """Cycles to tell the other holders of a line that the core has a copy of."""
        copies, package = len(line.sharers) - 1, self.package[core]
        spinner = next(iter(spinners.values())).core if len(spinners) == 1 else NOBODY
        if spinner in line.sharers:
            copies -= 1
        if copies + len(spinners) != 1:
            return self.farthest[package]
        other = spinner if spinners else next(iter(line.sharers - {core}))
        return self.invalidation[package][self.package[other]]

    def own(self, line: Line, core: int, locked: bool, spinners: dict[int, Waiter]) -> int:
        """Time at which the core is the sole owner."""
        now = self.env.now
        cached = core in line.sharers
        if cached and len(line.sharers) + len(spinners) == 1:
            line.owner = core
            return now + self.hit
        start = max(now, line.exclusive_until)
        behind = max(line.read_until, line.queued_until) if locked else 0
        queues = behind > start
        if queues:
            start = behind
        if cached:
            cost = busy = self.invalidate(line, core, spinners)
        else:
            cost, busy = self.fetch(line, core), self.busy(line, core, start > now)
        if queues:
            line.queued_until = start + max(busy, cost)
        else:
            line.exclusive_until = start + busy
        line.owner, line.sharers = core, {core}
        return start + cost


class Waiter:
    """A core that spins until its ticket is served."""

    __slots__ = ("core", "event", "ready")

    def __init__(self, core: int, ready: int, event: simpy.Event) -> None:
        self.core, self.ready, self.event = core, ready, event


NO_WAITERS: dict[int, Waiter] = {}


class TicketLock:
    """A ticket lock on one line, and the line that it protects."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.line, self.protected = Line(), Line()
        self.tickets = count()
        self.turn = 0
        self.waiters: dict[int, Waiter] = {}

    def sweep(self, writer: int, done: int, turn_passed: bool) -> None:
        """After a write at `done`: all waiters fetch the line; perhaps one of them goes on."""
        if not self.waiters:
            return
        m, line, waiting = self.machine, self.line, len(self.waiters)
        package = m.package[writer]
        step, begin = m.expected[package], max(done, line.exclusive_until)
        winner = self.waiters.pop(self.turn, None) if turn_passed else None
        if winner is not None:
            place = int(m.random.random() * waiting)
            line.sharers.add(winner.core)
            cost = m.transfer[package][m.package[winner.core]]
            at = max(winner.ready, begin + place * step + cost)
            winner.event._ok, winner.event._value = True, None  # succeed(), at a later time
            m.env.schedule(winner.event, delay=at - m.env.now)
        if winner is not None or line.queued_until < done:
            line.read_until = begin + waiting * step

    def core(self, core: int) -> Process:
        """What a core does for ever."""
        m, env, line = self.machine, self.machine.env, self.line
        yield env.timeout(THINK_CYCLES)
        while True:
            done = m.own(line, core, True, self.waiters)
            ticket = next(self.tickets)
            self.sweep(core, done, False)
            yield env.timeout(done + m.locked - env.now)
            ready = m.read(line, core)
            if self.turn == ticket:
                yield env.timeout(ready - env.now)
            else:
                waiter = Waiter(core, ready, env.event())
                self.waiters[ticket] = waiter
                yield waiter.event
            yield env.timeout(
                m.own(self.protected, core, False, NO_WAITERS) - env.now + HOLD_CYCLES
            )
            done = m.own(line, core, False, self.waiters)
            self.turn += 1
            self.sweep(core, done, True)
            yield env.timeout(done - env.now)
            m.complete()
            yield env.timeout(THINK_CYCLES)


def random_atomics(machine: Machine, lines: list[Line], core: int) -> Process:
    """What a core does for ever: think, and add to a line."""
    env, draw = machine.env, machine.random
    while True:
        yield env.timeout(int(draw.expovariate(1.0 / THINK_CYCLES)))
        line = lines[int(draw.random() * len(lines))]
        yield env.timeout(
            machine.own(line, core, True, NO_WAITERS) - env.now + machine.locked
        )
        machine.complete()


def run(model: Model, operations: int) -> Run:
    """Simulate so many operations inside the window."""
    machine = Machine(model, operations)
    if model.lines:
        lines = [Line() for _ in range(model.lines)]
        processes = [random_atomics(machine, lines, core) for core in range(model.site.cores)]
    else:
        lock = TicketLock(machine)
        processes = [lock.core(core) for core in range(model.site.cores)]
    for process in processes:
        machine.env.process(process)
    before = time.process_time()
    machine.env.run(until=machine.finished)
    seconds = time.process_time() - before
    # Every event that was scheduled has a number; those still in the queue did not happen.
    events = next(machine.env._eid) - len(machine.env._queue)
    return Run(seconds, machine.done, events, (machine.closed - machine.opened) / operations)
