"""The same two models as SimPy processes: one per core, a time-out for each stall.

They measure what the engine measures: latencies, and every core's cycles by cause. Costs and rules
of a line are those of sim/engine/coherence.py for a machine with a directory. Random numbers are
Python's, so the results agree statistically. Each model is written twice:

- as SimPy teaches it: what serves one at a time is a `Resource`, here the lock and, in random
  atomics, every line;
- by hand, for speed: queues are arithmetic on the time until which a line is busy, as in the
  engine, and a waiter's one event is scheduled ahead for the time at which it goes on.
"""

from __future__ import annotations

import random
import time
from collections.abc import Generator
from functools import partial
from itertools import count

import simpy

from benchmarks.engine import SEED
from benchmarks.models import HOLD_CYCLES, THINK_CYCLES, Model
from benchmarks.peers import Run

NOBODY = -1
CAUSES = ("compute", "coherence", "lock_wait")
COMPUTE, COHERENCE, LOCK_WAIT = range(len(CAUSES))
Time = int | float  # of SimPy; whole cycles here
Process = Generator[simpy.Event, None, None]


class Line:
    """A cache line: who holds it, and until when it is busy."""

    __slots__ = (
        "exclusive_until",
        "owner",
        "queued_until",
        "read_from",
        "read_until",
        "resource",
        "sharers",
    )

    def __init__(self, env: simpy.Environment) -> None:
        self.resource = simpy.Resource(env, capacity=1)
        self.owner = NOBODY
        self.sharers: set[int] = set()
        self.exclusive_until: Time = 0
        self.read_from: Time = 0
        self.read_until: Time = 0
        self.queued_until: Time = 0

    def release(self, request: simpy.resources.resource.Request, _: simpy.Event) -> None:
        """Let the next transfer begin."""
        self.resource.release(request)


class Machine:
    """Costs between cores, the clock, and the count of operations."""

    def __init__(self, model: Model, operations: int) -> None:
        d = model.site.distance
        self.env = simpy.Environment()
        self.package = list(model.site.dies)
        self.transfer: list[list[int]] = d.transfer.tolist()
        self.invalidation: list[list[int]] = d.invalidation.tolist()
        self.farthest: list[int] = d.farthest_invalidation.tolist()
        self.occupancy: list[list[int]] = d.occupancy.tolist()
        self.expected: list[int] = d.expected_occupancy.tolist()
        self.memory, self.hit, self.locked = d.memory_cycles, d.hit_cycles, d.locked_cycles
        self.stores_wait = bool(d.stores_wait)
        self.window = model.window(operations)
        self.random = random.Random(SEED)
        self.done = 0
        self.opened: Time = 0
        self.closed: Time = 0
        self.finished = self.env.event()
        self.latencies: list[Time] = []
        self.account: list[list[Time]] = [[0] * len(CAUSES) for _ in self.package]

    def complete(self, began: Time) -> None:
        """Count an operation; open or close the window at it."""
        self.done += 1
        measured = self.done - self.window.warmup_operations
        if measured > 0:
            self.latencies.append(self.env.now - began)
            if measured == self.window.operations:
                self.closed = self.env.now
                self.finished.succeed()
        elif measured == 0:
            self.opened = self.env.now
            for row in self.account:
                row[:] = [0] * len(CAUSES)

    def fetch(self, line: Line, core: int, several_wait: bool) -> int:
        """Cycles of a transfer to the core: from the owner, or from anybody if several wait."""
        if line.owner == NOBODY:
            return self.memory
        other = line.owner
        if several_wait:
            other = int(self.random.random() * (len(self.package) - 1))
            other += other >= core
        return self.transfer[self.package[other]][self.package[core]]

    def several(self, core: int, waits: Time) -> bool:
        """Whether a core that waits so long for a line does not wait alone."""
        return waits > self.expected[self.package[core]]

    def busy(self, line: Line, core: int, queued: bool) -> int:
        """Cycles for which that transfer keeps the line busy."""
        if line.owner == NOBODY:
            return self.memory
        if queued:
            return self.expected[self.package[core]]
        return self.occupancy[self.package[line.owner]][self.package[core]]

    def read(self, line: Line, core: int) -> Time:
        """Time at which the core has a copy."""
        now = self.env.now
        if core in line.sharers:
            return now + self.hit
        start = max(now, line.exclusive_until, line.read_until)
        done = start + self.fetch(line, core, self.several(core, start - now))
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

    def own(self, line: Line, core: int, locked: bool, spinners: dict[int, Waiter]) -> Time:
        """Time at which the core is the sole owner."""
        now = self.env.now
        cached = core in line.sharers
        if cached and len(line.sharers) + len(spinners) == 1:
            line.owner = core
            return now + self.hit
        start = max(now, line.exclusive_until)
        behind = (
            line.queued_until if now < line.read_from else max(line.read_until, line.queued_until)
        )
        queues = (locked or self.stores_wait) and behind > start
        if queues:
            start = behind
        if cached:
            cost = busy = self.invalidate(line, core, spinners)
        else:
            cost = self.fetch(line, core, self.several(core, start - now))
            busy = self.busy(line, core, start > now)
        if queues:
            line.queued_until = start + max(busy, cost)
        else:
            line.exclusive_until = start + busy
        line.owner, line.sharers = core, {core}
        return start + cost


class Waiter:
    """A core that spins until its ticket is served."""

    __slots__ = ("core", "event", "ready")

    def __init__(self, core: int, ready: Time, event: simpy.Event) -> None:
        self.core, self.ready, self.event = core, ready, event


NO_WAITERS: dict[int, Waiter] = {}


class TicketLock:
    """A ticket lock on one line, and the line that it protects."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.line, self.protected = Line(machine.env), Line(machine.env)
        self.tickets = count()
        self.turn = 0
        self.waiters: dict[int, Waiter] = {}

    def sweep(self, writer: int, done: Time, turn_passed: bool) -> None:
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
            self.pass_on(winner, begin + place * step + cost)
        if winner is not None or m.stores_wait or line.queued_until < done:
            line.read_from, line.read_until = begin, begin + waiting * step

    def pass_on(self, winner: Waiter, at: Time) -> None:
        """Let a waiter go on at a time."""
        event, env = winner.event, self.machine.env
        event._ok, event._value = True, None  # succeed() would do it now
        env.schedule(event, delay=max(at, winner.ready) - env.now)

    def core(self, core: int) -> Process:
        """What a core does for ever."""
        m, env, line, account = self.machine, self.machine.env, self.line, self.machine.account
        account[core][COMPUTE] += THINK_CYCLES
        yield env.timeout(THINK_CYCLES)
        while True:
            began = env.now
            done = m.own(line, core, True, self.waiters)
            ticket = next(self.tickets)
            self.sweep(core, done, False)
            account[core][COHERENCE] += done + m.locked - began
            yield env.timeout(done + m.locked - began)
            waits = env.now
            ready = m.read(line, core)
            if self.turn == ticket:
                yield env.timeout(ready - waits)
            else:
                waiter = Waiter(core, ready, env.event())
                self.waiters[ticket] = waiter
                yield waiter.event
            held = env.now
            account[core][LOCK_WAIT] += held - waits
            stall = m.own(self.protected, core, False, NO_WAITERS) - held
            account[core][COHERENCE] += stall
            account[core][COMPUTE] += HOLD_CYCLES
            yield env.timeout(stall + HOLD_CYCLES)
            done = m.own(line, core, False, self.waiters)
            self.turn += 1
            self.sweep(core, done, True)
            stall = done - env.now
            account[core][COHERENCE] += stall
            yield env.timeout(stall)
            m.complete(began)
            account[core][COMPUTE] += THINK_CYCLES
            yield env.timeout(THINK_CYCLES)


class ResourceLock(TicketLock):
    """The same lock, whose waiters queue at a resource."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.resource = simpy.Resource(machine.env, capacity=1)
        self.passed_on: Time = 0  # when its next holder sees that it is its turn

    def core(self, core: int) -> Process:
        """What a core does for ever."""
        m, env, line, account = self.machine, self.machine.env, self.line, self.machine.account
        while True:
            account[core][COMPUTE] += THINK_CYCLES
            yield env.timeout(THINK_CYCLES)
            began = env.now
            stall = m.own(line, core, True, self.waiters) - began + m.locked
            self.sweep(core, began + stall - m.locked, False)
            account[core][COHERENCE] += stall
            yield env.timeout(stall)
            waits = env.now
            ready = m.read(line, core)
            with self.resource.request() as turn:
                if turn.triggered:
                    yield turn
                    yield env.timeout(ready - waits)
                else:
                    self.waiters[core] = Waiter(core, ready, turn)
                    yield turn
                    yield env.timeout(max(self.passed_on, ready) - env.now)
                held = env.now
                account[core][LOCK_WAIT] += held - waits
                stall = m.own(self.protected, core, False, NO_WAITERS) - held
                account[core][COHERENCE] += stall
                account[core][COMPUTE] += HOLD_CYCLES
                yield env.timeout(stall + HOLD_CYCLES)
                done = m.own(line, core, False, self.waiters)
                self.turn = next(iter(self.waiters), NOBODY)
                self.sweep(core, done, True)
            account[core][COHERENCE] += done - env.now
            yield env.timeout(done - env.now)
            m.complete(began)

    def pass_on(self, winner: Waiter, at: Time) -> None:
        """Let a waiter go on at a time, once it is given the resource."""
        self.passed_on = at


def random_atomics(machine: Machine, lines: list[Line], core: int) -> Process:
    """What a core does for ever: think, and add to a line."""
    env, draw, account = machine.env, machine.random, machine.account
    while True:
        think = int(draw.expovariate(1.0 / THINK_CYCLES))
        account[core][COMPUTE] += think
        yield env.timeout(think)
        began = env.now
        line = lines[int(draw.random() * len(lines))]
        stall = machine.own(line, core, True, NO_WAITERS) - began + machine.locked
        account[core][COHERENCE] += stall
        yield env.timeout(stall)
        machine.complete(began)


def random_atomics_at_resources(machine: Machine, lines: list[Line], core: int) -> Process:
    """The same, where each line is a resource that serves one transfer at a time."""
    env, draw, account = machine.env, machine.random, machine.account
    while True:
        think = int(draw.expovariate(1.0 / THINK_CYCLES))
        account[core][COMPUTE] += think
        yield env.timeout(think)
        began = env.now
        line = lines[int(draw.random() * len(lines))]
        if line.owner == core:
            yield env.timeout(machine.hit + machine.locked)
        else:
            request = line.resource.request()
            cost = machine.fetch(line, core, len(line.resource.queue) > 1)
            busy = machine.busy(line, core, queued=not request.triggered)
            line.owner = core
            yield request
            release = partial(line.release, request)
            env.timeout(busy).callbacks.append(release)
            yield env.timeout(cost + machine.locked)
        account[core][COHERENCE] += env.now - began
        machine.complete(began)


def run(model: Model, operations: int, by_hand: bool) -> tuple[Run, dict[str, float]]:
    """Simulate so many operations inside the window.

    Returns:
        the run, and its cycles per operation: the latency, and by cause.
    """
    machine = Machine(model, operations)
    if model.lines:
        loop = random_atomics if by_hand else random_atomics_at_resources
        lines = [Line(machine.env) for _ in range(model.lines)]
        processes = [loop(machine, lines, core) for core in range(model.site.cores)]
    else:
        lock = TicketLock(machine) if by_hand else ResourceLock(machine)
        processes = [lock.core(core) for core in range(model.site.cores)]
    for process in processes:
        machine.env.process(process)
    before = time.process_time()
    machine.env.run(until=machine.finished)
    seconds = time.process_time() - before
    # Every event that was scheduled has a number; those still in the queue did not happen.
    events = next(machine.env._eid) - len(machine.env._queue)
    cycles = {"latency": sum(machine.latencies) / operations}
    for slot, cause in enumerate(CAUSES):
        cycles[cause] = sum(row[slot] for row in machine.account) / operations
    elapsed = machine.closed - machine.opened
    return Run(seconds, machine.done, events, elapsed / operations), cycles
