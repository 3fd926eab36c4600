"""The twin: the virtual machine once more, slow and readable, as the oracle of the fast one.

Every rule of the machine is written here a second time, on plain Python objects: a line knows its
owner, a set of sharers and a list of spinners; a core knows its run queue and the time of its next
event; the next event is the smallest (time, core) of all. Nothing is shared with the fast machine
but the instruction set, the tables of quantiles and the form of the result, so that a slip in
either of the two shows as a difference. Tests demand equality to the cycle: account, latencies,
words, number of events, length of the window.

The twin differs where a slow program can afford to. The account is not kept while time passes:
each core logs what it did from when to when, and the log is cut to the window at the end. Keys of
the account are (mode, object, cause), not slot numbers. Python integers do not wrap, so registers
and words are brought back to 64 bits whenever one is written.

The rules of cache lines stand in `tests.oracle.lines`, all others here.

Cost: some 100,000 events a second; the fast machine does several hundred times as many.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.engine import isa, records
from sim.engine.quantiles import QUANTILE_TABLES
from sim.engine.state import Distance, Window
from sim.program.assembler import Assembler
from sim.program.instruction import Instruction
from sim.program.simulation import SCHEDULER, EngineError, Measurement
from tests.oracle.lines import Lines
from tests.oracle.state import (
    CHARGES_PER_EVENT,
    HOLDS,
    SCATTER_CYCLES,
    Core,
    Key,
    Line,
    Spin,
    Thread,
    key_of,
    signed,
)


class Twin(Lines):
    """One run: the whole state of the machine, and a method per rule."""

    def __init__(
        self,
        program: Assembler,
        packages: Sequence[int],
        distance: Distance,
        window: Window,
        seed: int,
        speeds: Sequence[float] = (),
    ) -> None:
        scheduler = program.object_id(SCHEDULER)
        self.switch_key: Key = (isa.SYSTEM, scheduler, isa.C_COMPUTE)
        self.program = program.instructions
        self.window = window
        number = len(program.entries) + len(packages)
        streams = np.random.SeedSequence(seed).generate_state(number, np.uint64)
        nothing: Key = (isa.IDLE, scheduler, isa.C_BLOCKED)
        cores = [
            Core(n, package, round(65536 / speed), nothing, int(streams[len(program.entries) + n]))
            for n, (package, speed) in enumerate(
                zip(packages, speeds or [1.0] * len(packages), strict=True)
            )
        ]
        for core, package in zip(cores, distance.packages, strict=False):
            core.package = int(package)
        for core, other in zip(cores, distance.neighbours, strict=False):
            if other != isa.NONE:
                core.neighbour = cores[other]
                core.shared, core.spun = distance.shared_pace, distance.spun_pace
        super().__init__(cores, distance, program.homes or [0])
        self.words = [0] * (isa.WORDS_PER_LINE * len(self.lines))
        self.free_at = [0] * max(program.servers, 1)
        self.threads: list[Thread] = []
        for number, (core, label) in enumerate(program.entries):
            registers = [core, number, packages[core]] + [0] * (isa.REGISTERS - 3)
            thread = Thread(self.cores[core], label.position, registers, int(streams[number]))
            self.threads.append(thread)
            self.cores[core].queue.append(thread)
        for at in self.cores:
            if at.queue:
                at.event = 0
            else:
                at.waits = nothing
        self.events = self.operations = self.opened_at = 0
        self.closed_at: int | None = None
        self.deadline = min(window.maximum_cycles, isa.LAST_CYCLE)
        self.latencies: list[int] = []
        self.ended: list[int] = []

    # --- spinning

    def notify(self, line: Line, address: int, writer: Thread, done: int) -> None:
        """Let the spinners of a line see a write to one of its words."""
        if line.spinners and line.spinners[0].by_turn:
            self.pass_turn(line, address, writer, done)
        elif line.spinners:
            self.refetch_all(line, writer, done)

    def pass_turn(self, line: Line, address: int, writer: Thread, done: int) -> None:
        """Let the spinner pass that awaits the word's value, after part of a sweep."""
        sweep, begin = len(line.spinners), max(done, line.exclusive_until)
        step = int(self.distance.expected_occupancy[writer.core.package])
        written = line.spinners[0].address == address
        awaits = [spin for spin in line.spinners if written and spin.value == self.words[address]]
        combined, waiting = self.distance.combined_read_cycles, sweep
        if combined >= 0:
            sweep = min(sweep, self.distance.active_packages)
        for spin in awaits[:1]:
            core, place = spin.core, writer.draw(sweep)
            cost = int(self.distance.transfer[writer.core.package, core.package])
            if combined >= 0:
                cost += writer.draw(waiting) // sweep * combined
            spin.stop()
            line.sharers.add(core.number)
            core.passed, core.event = True, max(spin.ready, begin + place * step + cost)
        if (
            awaits or self.distance.stores_wait or done > line.queued_until
        ):  # a write that itself queues starts no sweep
            line.read_from, line.read_until = begin, begin + sweep * step

    def refetch_all(self, line: Line, writer: Thread, done: int) -> None:
        """Let every spinner fetch the line and look again, in random order."""
        for spin in line.spinners:
            core = spin.core
            again = done + writer.draw(SCATTER_CYCLES * len(line.spinners))
            if spin.ready > again:  # its fetch still queues: it starts over
                core.cut_short(again)
                spin.ready = again
            core.event = again if core.event is None else min(core.event, again)
        line.read_until = min(line.read_until, done)

    # --- scheduling

    def dispatch(self, core: Core, now: int) -> int | None:
        """Switch to the next thread that is ready, or idle; returns the time, None if idle."""
        if core.queue and core.queue[0].ready_at <= now:
            core.thread = core.queue.popleft()
            cost = self.distance.context_switch_cycles if now > 0 else 0
            core.since = core.work(cost, self.switch_key)
            return core.since
        core.thread = None
        core.waits = core.idle_key
        core.event = core.queue[0].ready_at if core.queue else None
        return None

    def wake(self, address: int, limit: int, ready_at: int) -> None:
        """Wake the longest sleepers on a word, so many at most."""
        line = self.lines[address // isa.WORDS_PER_LINE]
        for thread in [t for t in line.sleepers if t.parked_on == address][: max(limit, 0)]:
            line.sleepers.remove(thread)
            thread.parked_on, thread.ready_at = isa.NONE, ready_at
            core = thread.core
            core.queue.append(thread)
            if core.thread is None and len(core.queue) == 1:
                core.event = ready_at

    # --- instructions

    def private(self, thread: Thread, i: Instruction, value: int, now: int) -> int:
        """Execute an instruction that nobody else can notice; returns the time after it."""
        core, r, op = thread.core, thread.registers, i.op
        thread.pc += 1
        if op == isa.COMPUTE:
            return core.work(value, key_of(i, isa.C_COMPUTE))
        if op in (isa.COMPUTE_DRAWN, isa.SAMPLE):
            factor = int(QUANTILE_TABLES[i.resolved, thread.draw(isa.QUANTILES)])
            drawn = signed(value * factor) >> 16
            if op == isa.COMPUTE_DRAWN:
                return core.work(drawn, key_of(i, isa.C_COMPUTE))
            r[i.dst] = drawn
            return now
        if op == isa.BULK:
            cycles = value * int(self.distance.bulk_transfer[core.package])
            return core.spend(cycles, key_of(i, i.cause))
        if op == isa.SET:
            r[i.dst] = value
        elif op == isa.ADD:
            r[i.dst] = signed(r[i.dst] + r[i.source] * i.value)
        elif op == isa.DRAW:
            r[i.dst] = thread.draw(value)
        elif op == isa.BEGIN:
            thread.began = now
        elif op == isa.JUMP or HOLDS[i.condition](r[i.dst], value):
            thread.pc = i.resolved
        return now

    def access(self, thread: Thread, i: Instruction, address: int, value: int, now: int) -> int:
        """Read or write a word; returns when that is done."""
        core, r, op = thread.core, thread.registers, i.op
        line, old = self.lines[address // isa.WORDS_PER_LINE], self.words[address]
        if op == isa.LOAD:
            r[i.dst] = old
            return self.read(line, core, now)
        locked = op in (isa.FETCH_ADD, isa.SWAP, isa.COMPARE_SWAP)
        done = self.own(line, core, now, locked=locked)
        if op != isa.COMPARE_SWAP or old == r[i.dst]:  # one that fails takes the line, too
            adds = op in (isa.INCREMENT, isa.FETCH_ADD)
            self.words[address] = signed(old + value) if adds else value
        self.notify(line, address, thread, done)
        if locked and i.dst != isa.NONE:
            r[i.dst] = old
        return done + (self.distance.locked_cycles if locked else 0)

    def spins(
        self, thread: Thread, i: Instruction, address: int, value: int, now: int
    ) -> int | None:
        """Await a word; returns the time if the wait is over, None if the core spins on."""
        core, op = thread.core, i.op
        line, word = self.lines[address // isa.WORDS_PER_LINE], self.words[address]
        if core.passed:
            core.passed = False
            return now
        if core.spin is not None:  # the line was written, or the time is up
            core.spin.stop()
            if op == isa.AWAIT_CHANGE:
                return now
        key = key_of(i, i.cause)
        if op == isa.AWAIT_CHANGE:
            ready, over = now, word != value
        else:
            ready, over = self.read(line, core, now), HOLDS[i.condition](word, value)
        core.spend(ready - now, key)
        if over:
            return ready
        core.spin = Spin(core, line, address, value, op == isa.AWAIT_TURN, ready)
        line.spinners.append(core.spin)
        core.waits = key
        timed = op == isa.AWAIT_CHANGE and i.resolved > 0
        core.event = now + i.resolved if timed else None
        return None

    def arrived(self, core: Core, i: Instruction, address: int, now: int) -> bool:
        """Whether the line of an access is there; if not, it is fetched."""
        if core.arriving or core.passed:
            core.arriving = False
            return True
        if core.spin is not None:
            core.spin.stop()
        line = self.lines[address // isa.WORDS_PER_LINE]
        if i.op in (isa.LOAD, isa.AWAIT, isa.AWAIT_TURN):
            done = self.read(line, core, now)
        else:
            locked = i.op in (isa.FETCH_ADD, isa.SWAP, isa.COMPARE_SWAP)
            done = self.own(line, core, now, locked=locked)
        core.spend(done - now, key_of(i, i.cause))
        core.arriving, core.event = True, done
        return False

    def take_effect(
        self, thread: Thread, i: Instruction, address: int, value: int, now: int
    ) -> int | None:
        """Read or write a word whose line has arrived; None if the core spins on."""
        core, r, op = thread.core, thread.registers, i.op
        line, old = self.lines[address // isa.WORDS_PER_LINE], self.words[address]
        if op in (isa.AWAIT, isa.AWAIT_TURN):
            over = core.passed or HOLDS[i.condition](old, value)
            core.passed = False
            if over:
                return now
            core.spin = Spin(core, line, address, value, op == isa.AWAIT_TURN, now)
            line.spinners.append(core.spin)
            core.waits, core.event = key_of(i, i.cause), None
            return None
        if op == isa.LOAD:
            r[i.dst] = old
            return now
        if op != isa.COMPARE_SWAP or old == r[i.dst]:
            adds = op in (isa.INCREMENT, isa.FETCH_ADD)
            self.words[address] = signed(old + value) if adds else value
        self.notify(line, address, thread, now)
        if op in (isa.STORE, isa.INCREMENT):
            return now
        if i.dst != isa.NONE:
            r[i.dst] = old
        return core.spend(self.distance.locked_cycles, key_of(i, i.cause))

    def send_ipi(self, core: Core, arrival: int) -> None:
        """Interrupt a core, unless an earlier interrupt is on its way."""
        if core.ipi_at is None or arrival < core.ipi_at:
            core.ipi_at = arrival
            if core.awaits_ipi:
                core.event = arrival

    def take_ipi(self, thread: Thread, key: Key, now: int) -> int | None:
        """Take an interrupt, if need be later; None if there is none, and the core waits."""
        core = thread.core
        core.awaits_ipi = core.ipi_at is None
        if core.ipi_at is None:
            core.waits, core.event = key, None
            thread.pc -= 1
            return None
        wait, core.ipi_at = max(core.ipi_at - now, 0), None
        return core.spend(wait, key)

    def complete(self, thread: Thread, now: int) -> None:
        """Count an operation; open or close the window at it."""
        self.operations += 1
        self.deadline = min(now + self.window.maximum_cycles, isa.LAST_CYCLE)
        if self.operations == self.window.warmup_operations:
            self.opened_at = now
        elif self.operations > self.window.warmup_operations:
            self.latencies.append(now - thread.began)
            self.ended.append(now)
            if len(self.latencies) == self.window.operations:
                self.closed_at = now

    def shared(
        self, thread: Thread, i: Instruction, value: int, address: int, now: int
    ) -> int | None:
        """Execute an instruction that others can notice; returns the time after it.

        Returns None if the core does nothing until its next event. Advances the thread, unless it
        spins and will look again.
        """
        core, op, key = thread.core, i.op, key_of(i, i.cause)
        if op < isa.AWAIT_CHANGE and self.distance.on_arrival:
            if not self.arrived(core, i, address, now):
                return None
            after = self.take_effect(thread, i, address, value, now)
            thread.pc += after is not None
            return after
        if op <= isa.COMPARE_SWAP:
            done = self.access(thread, i, address, value, now)
            core.spend(done - now, key)
            thread.pc += 1
            return done
        if op <= isa.AWAIT_CHANGE:
            over = self.spins(thread, i, address, value, now)
            thread.pc += over is not None
            return over
        thread.pc += 1
        if op == isa.REQUEST:
            self.free_at[address] = max(now, self.free_at[address]) + value
            return core.spend(self.free_at[address] - now, key)
        if op == isa.SUBMIT:
            self.free_at[address] = max(now, self.free_at[address]) + value
            thread.registers[i.dst] = self.free_at[address]
            return now
        if op == isa.POST:
            line = self.lines[address // isa.WORDS_PER_LINE]
            done = line.arrives = self.own(line, core, now, locked=False)
            self.words[address] = value
            self.notify(line, address, thread, done)
            thread.registers[i.dst] = done
            return now
        if op == isa.PREFETCH:
            line = self.lines[address // isa.WORDS_PER_LINE]
            thread.registers[i.dst] = self.read(line, core, now)
            return now
        if op == isa.AWAIT_TIME:
            return core.spend(max(value - now, 0), key)
        if op == isa.AWAIT_IPI:
            return self.take_ipi(thread, key, now)
        if op == isa.ALIGN:
            until = (now // value + 1) * value
            return core.spend(until - now, (isa.IDLE, key[1], isa.C_BLOCKED))
        if op in (isa.PARK, isa.YIELD, isa.HALT):
            leaves = self.leaves_core(thread, i, value, address, now)
            return self.dispatch(core, now) if leaves else now
        self.signal(thread, i, value, address, now)
        return now

    def leaves_core(
        self, thread: Thread, i: Instruction, value: int, address: int, now: int
    ) -> bool:
        """Whether a thread stops running: it sleeps on a word, lets others run, or ends."""
        core = thread.core
        if i.op == isa.PARK and self.words[address] == value:
            core.idle_key = (isa.IDLE, i.object, isa.C_BLOCKED)
            thread.parked_on = address
            self.lines[address // isa.WORDS_PER_LINE].sleepers.append(thread)
            return True
        others_ready = core.queue and core.queue[0].ready_at <= now
        if i.op == isa.YIELD and others_ready and now - core.since >= value:
            thread.ready_at = now
            core.queue.append(thread)
            return True
        return i.op == isa.HALT

    def signal(self, thread: Thread, i: Instruction, value: int, address: int, now: int) -> None:
        """Execute an instruction that takes no time and concerns other threads, or the account."""
        op = i.op
        if op == isa.WAKE:
            self.wake(address, value, now + self.distance.wake_cycles)
        elif op == isa.RUNNING:
            other = self.threads[value]
            thread.registers[i.dst] = int(other.core.thread is other)
        elif op == isa.INTERRUPT:
            other_core = self.cores[value]
            if i.condition == isa.EQUAL or other_core.spin is None:
                other_core.interrupt += i.resolved
                other_core.interrupt_key = key_of(i, isa.C_COMPUTE)
        elif op == isa.SEND_IPI:
            self.send_ipi(self.cores[value], now + i.resolved)
        elif op == isa.END:
            self.complete(thread, now)
        else:
            raise EngineError(f"instruction {op} is invalid")

    def next_event(self) -> Core:
        """Core whose event is due: the earliest, of the lowest number among equals."""
        due = [core for core in self.cores if core.event is not None]
        if not due:
            raise EngineError(f"{self.operations} operations are done, but no thread can go on")
        return min(due, key=lambda core: (core.event, core.number))

    def step(self) -> None:
        """Execute the next event: one shared instruction, and the private ones around it."""
        core = self.next_event()
        event = core.event
        assert event is not None
        if event > self.deadline:
            raise EngineError(f"{self.operations} operations are done, but the time is up")
        self.events += 1
        core.begin_event(event)
        if core.interrupt and core.spin is None:
            core.event = core.work(core.interrupt, core.interrupt_key)
            core.interrupt = 0
            return
        now = event if core.thread is not None else self.dispatch(core, event)
        while now is not None and self.closed_at is None:
            thread = core.thread
            assert thread is not None
            i = self.program[thread.pc]
            if core.charges >= CHARGES_PER_EVENT:
                core.event = now
                return
            r = thread.registers
            value = i.value + (r[i.source] if i.source != isa.NONE else 0)
            address = i.address + (r[i.index] * i.stride if i.index != isa.NONE else 0)
            if i.op < isa.FIRST_SHARED:
                now = self.private(thread, i, signed(value), now)
            elif now > event:
                core.event = now
                return
            else:
                now = self.shared(thread, i, signed(value), signed(address), now)

    def measurement(self, objects: Sequence[str]) -> Measurement:
        """Cut every core's log to the window and sum it up."""
        assert self.closed_at is not None
        shape = (len(self.cores), len(isa.MODES), len(objects), len(isa.CAUSES))
        account = np.zeros(shape, np.int64)
        for core in self.cores:
            open_end = [(core.clock, self.closed_at, core.waits)] if core.waits else []
            for begin, end, key in core.log + open_end:
                inside = min(end, self.closed_at) - max(begin, self.opened_at)
                account[(core.number, *key)] += max(inside, 0)
        return Measurement(
            operations=self.window.operations,
            elapsed=self.closed_at - self.opened_at,
            latencies=np.array(self.latencies, np.int64),
            ended=np.array(self.ended, np.int64) - self.opened_at,
            account=account,
            objects=tuple(objects),
            events=self.events,
            words=np.array(self.words, np.int64),
            trace=np.zeros(0, records.TRACE),
        )
